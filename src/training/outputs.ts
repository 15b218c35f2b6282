/** Names that a training step's program and its readers share. */
export const OUTPUTS = {
  /** Of the first phase. */
  objective: 'objective',
  /** Global norm of all gradients of the first phase, before clipping. */
  gradientNorm: 'gradientNorm',
  /** Norm of each weight's gradient, in the order of `weights`. */
  layerNorms: 'layerNorms',
  learningRate: 'learningRate',
  /** Whether everything was finite and the step counted. */
  applied: 'applied',
  /** Mean of a term over the batch, before its weight. */
  term: (name: string) => `term ${name}`,
  /** Weight of a term at the step. */
  weight: (name: string) => `weight ${name}`,
  /** Of a phase after the first. */
  phase: (phase: string) => ({
    gradientNorm: `gradientNorm ${phase}`,
    learningRate: `learningRate ${phase}`,
    /** Whether it made an update. */
    isActive: `active ${phase}`,
  }),
} as const;

/** Factor on the learning rate that the trainer lowers after trouble. */
export const LEARNING_RATE_FACTOR = 'training.learningRateFactor';
