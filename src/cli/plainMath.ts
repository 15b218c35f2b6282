/** Equations for a terminal: the LaTeX of systems in plain characters. */

const SYMBOLS: Readonly<Record<string, string>> = {
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  epsilon: 'ε',
  theta: 'θ',
  tau: 'τ',
  lambda: 'λ',
  mu: 'μ',
  phi: 'φ',
  Phi: 'Φ',
  rho: 'ρ',
  sigma: 'σ',
  sum: 'Σ',
  partial: '∂',
  dots: '…',
  prod: 'Π',
  cdot: '·',
  times: '×',
  sim: '~',
  le: '≤',
  ge: '≥',
  ne: '≠',
  in: '∈',
};

/** `-\mathbb{E}_{q(z|x)}[\log p(x|z)]` → `−E_q(z|x)[log p(x|z)]`. Commands that it does not know keep their name. */
export function plainMath(latex: string): string {
  return latex
    .replace(/\\hat\{x\}/g, 'x̂')
    .replace(/\\text\{([^{}]*)\}/g, '$1')
    .replace(/\\frac\{([^{}]*)\}\{([^{}]*)\}/g, (_, above: string, below: string) =>
      below.includes(' ') ? `${above}/(${below}) ` : `${above}/${below} `,
    )
    .replace(/\\\|/g, '‖')
    .replace(/\\(?:[,;:! ]|q?quad(?![A-Za-z]))/g, ' ')
    .replace(/\\([A-Za-z]+)/g, (_, name: string) => SYMBOLS[name] ?? name)
    .replace(/math(?:bb|cal|rm|bf)\{([^{}]*)\}/g, '$1')
    .replace(/\^\{?2\}?/g, '²')
    .replace(/[{}]/g, '')
    .replaceAll('-', '−')
    .replace(/ {2,}/g, ' ')
    .trim();
}
