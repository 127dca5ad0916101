/** A lab whose program the test chooses: run with the options of `runLab` as JSON. */
import { runLab } from '../../firmware/lab/lab.ts';

process.exitCode = await runLab(JSON.parse(process.argv[2] ?? ''));
