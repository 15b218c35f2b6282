/** What the pages of systems show works. */
import { isOfSystem, readPages } from './pages.js';
import { testPages } from './shownPages.js';

await testPages(readPages().filter(isOfSystem));
