/** Figures of trained models. */
export { byNats, codeScale, codesView, natsView } from './codes.js';
export { curvesView, type RunRecords } from './curves.js';
export {
  interpolationsView,
  manifoldView,
  reconstructionsView,
  samplesView,
  traversalsView,
} from './samples.js';
