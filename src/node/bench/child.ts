/** The process of one benchmark case: a JSON request as its argument, a JSON result on stdout. */
import { keepYoungGenerationSmall } from '../youngGeneration.js';

keepYoungGenerationSmall();
const { measureRequest } = await import('./request.js');
process.stdout.write(JSON.stringify(await measureRequest(process.argv[2] ?? '')));
