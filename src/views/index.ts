/** Figures of trained models. */
export { type AnomaliesViewOptions, anomaliesView } from './anomalies.js';
export { type CodesOfRun, codeMapsView, codesView, coordinateOrder, natsView } from './codes.js';
export { curvesView, type RunRecords } from './curves.js';
export { type Denoised, denoised, denoisingView } from './denoising.js';
export { type EditsViewOptions, editsView } from './edits.js';
export { filtersOf, filtersView } from './filters.js';
export { type CodeFrame, codeFrame } from './frame.js';
export { type ImputationViewOptions, imputationView } from './imputation.js';
export { type CodebookView, codebookViews, indexMapsView } from './indices.js';
export { type OverviewViewOptions, overviewView } from './overview.js';
export { nearestView, type PriorsViewOptions, priorsView } from './priors.js';
export { type RollOutViewOptions, rollOutImages, rollOutView } from './rollOut.js';
export {
  interpolationsView,
  manifoldView,
  reconstructionsView,
  type SamplesViewOptions,
  samplesView,
  traversalsView,
} from './samples.js';
