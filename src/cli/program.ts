import { Command, Option } from "commander";
import { version } from "../../package.json";
import { brief } from "../brief.ts";
import { commandLine } from "../data/command.ts";
import { scalings } from "../data/scale.ts";
import { mostNumberedClasses, tasks } from "../data/task.ts";
import { activations } from "../model/activation.ts";
import { applyConfig } from "./config.ts";
import { initializerNames, optimizerNames, scheduleNames } from "./network.ts";
import { layersOption, namesOption, numberOption, ranges, wholeOption, wordOption } from "./options.ts";
import { type Output, say, sayText } from "./output.ts";
import { type PlanCommand, plan } from "./plan.ts";
import { type PredictCommand, predict } from "./predict.ts";
import type { Terminal } from "./terminal.ts";
import { train } from "./train.ts";
import type { TrainCommand } from "./training.ts";

const decays = ["per-batch", "per-step"] as const;

const trainHelp = `
The task is guessed as classification where the target is text, or whole numbers
of at most ${mostNumberedClasses} different values that are on two rows each on average; else as
regression. Scaling is taken from the rows to train on and kept in the model, so
that predict takes the same columns and gives the target in its own unit.

Where no learning rate is given and the loss leaves float32's range, the training
begins anew, once, with a tenth of the rate.

Ctrl-C ends the training and writes the model as it is then. A table whose name
begins with - is given as ./-name.csv.

Examples:
  ${commandLine} train digits.csv --target digit --layers 64,32 --epochs 50
  ${commandLine} train digits.csv --config digits.config.json --epochs 100

A configuration names no file to write: --out, --force and --tune are given here.
A model that train wrote is replaced; any other file only with --force.`;

/** What a command does. @returns exit status */
export type Work = () => Promise<number>;

/**
 * Reads the words of a command.
 * @param args the words after the program's name
 * @throws CommanderError where they are none, or ask for help alone; DataError and ModelError for the value of an option
 */
export function readCommand(args: readonly string[], terminal: Terminal): Work {
  let work: Work = async () => 0;
  const { folder, stdout, stderr } = terminal;
  const widthOf = ({ isTTY, columns = 80 }: Output) => (isTTY ? columns : 80);
  // Before its commands are made, which take this over.
  const program = new Command("chainrule")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => sayText(stdout, text),
      writeErr: (text) => sayText(stderr, text),
      outputError: (text) => {
        // The words that were given, and below them a hint of ours.
        const at = text.lastIndexOf("\n(Did you mean ");
        const hint = /^[\w ,?()-]+\n$/.test(text.slice(at + 1)) ? [text.slice(at + 1, -1)] : [];
        say(stderr, brief(text.slice(0, hint.length > 0 ? at : -1), 300), ...hint);
      },
      getOutHelpWidth: () => widthOf(stdout),
      getErrHelpWidth: () => widthOf(stderr),
    })
    .description("Trains neural networks on the GPU through WebGPU.")
    .version(version)
    .configureHelp({ showGlobalOptions: false });

  const trainCommand = program
    .command("train")
    .description("train a network on a CSV table and write it to a file")
    .argument("<data.csv>", "table; its first line names the columns")
    .requiredOption("--target <column>", "column to predict")
    .addHelpText("after", trainHelp)
    .action((path: string, options: TrainCommand) => {
      work = () => train(path, options, terminal);
    });
  for (const option of [...tableOptions(), ...networkOptions(), ...trainOptions()]) trainCommand.addOption(option);
  // While it is parsed, so that the file may hold what is required.
  trainCommand
    .option("--config <file>", "take options from a JSON object of their long names; those given here win")
    .on("option:config", (path: string) => applyConfig(trainCommand, path, folder));

  program
    .command("predict")
    .description("predict the rows of a CSV table with a model that train wrote")
    .argument("<model>", "file that train wrote")
    .argument("<data.csv>", "table with the columns that the model was trained on, in any order")
    .option("--out <file>", "write the predictions to a file instead of stdout")
    .addOption(forceOption())
    .option("--spreadsheet-safe", "put ' before a name that a spreadsheet would take for a formula", false)
    .addHelpText("after", predictHelp)
    .action((model: string, path: string, options: PredictCommand) => {
      work = () => predict(model, path, options, terminal);
    });

  const planCommand = program
    .command("plan")
    .description("print what one step of training computes; trains nothing")
    .argument("[data.csv]", "table to take the sizes from")
    .option("--target <column>", "column to predict")
    .option("--inputs <number>", "columns of the data, without a table", wholeOption("--inputs", 1))
    .option("--outputs <number>", "classes or numbers to predict, without a table", wholeOption("--outputs", 1))
    .option("--rows <number>", "rows to train on, without a table (default: 1000)", wholeOption("--rows", 1))
    .option("--json", "print the plan as JSON", false)
    .option("--no-fuse", "print the textbook plan, in which every formula is a step")
    .action((path: string | undefined, options: PlanCommand) => {
      const names = planCommand.options.map((option) => option.attributeName());
      const given = new Set(names.filter((name) => planCommand.getOptionValueSource(name) === "cli"));
      work = () => plan(path, options, given, terminal);
    });
  for (const option of [...tableOptions(), ...networkOptions()]) planCommand.addOption(option);

  program.parse(args, { from: "user" });
  return work;
}

const predictHelp = `
A row without a number in every column of the inputs has no prediction: its line is blank.

Prints the accuracy or error to stderr if the table holds the target too.

Names of classes come from the table that the model was trained on. One such as
=HYPERLINK(…) is a formula to a spreadsheet, which computes it when the file is
opened: give --spreadsheet-safe where the table may be anybody's. Numbers stay.`;

const words = <T extends string>(flag: string, value: string, text: string, choices: readonly T[]) =>
  new Option(`${flag} <${value}>`, text).choices(choices).argParser(wordOption(flag, choices));

const tableOptions = () => [
  words("--task", "task", "what to learn (default: guessed from the target)", tasks),
  new Option("--ignore <columns>", "columns to leave out, parted by commas, a name that holds one in quotes")
    .argParser(namesOption)
    .default([], "none"),
  new Option("--seed <number>", "of weights, order and split")
    .argParser(wholeOption("--seed", 0, 2 ** 32 - 1))
    .default(0),
  new Option("--test-fraction <part>", "part of the rows to test on; 0 for none")
    .argParser(numberOption("--test-fraction", ranges.below1, "0.2, or 0 for no test part"))
    .default(0.2),
  words(
    "--scale",
    "kind",
    "scale inputs to mean 0 and deviation 1 (standard), to 0…1 (minmax), or not",
    scalings,
  ).default("standard"),
  words(
    "--scale-target",
    "kind",
    "the same for the target of a regression; predictions are in its own unit again (default: standard)",
    scalings,
  ),
];

const networkOptions = () => [
  new Option("--layers <sizes>", 'sizes of the hidden layers such as 64,32, or "none"')
    .argParser(layersOption)
    .default([64], "64"),
  words("--activation", "name", "activation of the hidden layers", activations).default("relu"),
  words("--initializer", "name", "how the hidden layers' weights begin", initializerNames).default("glorot"),
  new Option("--batch <rows>", "rows of a step (default: 32, or all if fewer)").argParser(wholeOption("--batch", 1)),
  new Option("--epochs <number>", "how often each row is seen")
    .argParser(wholeOption("--epochs", 1, 2 ** 32 - 1))
    .default(50),
  words("--optimizer", "name", "how to learn", optimizerNames).default("adam"),
  new Option("--momentum <μ>", "of sgd (default: 0) and momentum (default: 0.9)").argParser(
    numberOption("--momentum", ranges.below1, "0.9"),
  ),
  new Option("--learning-rate <η>", "(default: sgd 0.1, the others 0.01)").argParser(
    numberOption("--learning-rate", ranges.above0),
  ),
  words(
    "--schedule",
    "kind",
    "keep the learning rate (constant), or lower it to 0 over all epochs (cosine) (default: sgd and momentum constant, adam and adamw cosine)",
    scheduleNames,
  ),
  new Option("--weight-decay <λ>", "of the weights, not the biases")
    .argParser(numberOption("--weight-decay", ranges.atLeast0, "0.001"))
    .default(0),
  words(
    "--decay",
    "kind",
    "shrink weights by ηλ/|B| (per-batch, default, as scikit-learn does) or by ηλ (per-step, as PyTorch does) in a step",
    decays,
  ),
];

const forceOption = () => new Option("--force", "replace the file that is there, whatever it is").default(false);

const trainOptions = () => [
  new Option("--tune", "time other ways to share out the work first, and keep the fastest for the next run").default(
    false,
  ),
  new Option("--out <file>", "where to write the model (default: the table's name with .safetensors)"),
  forceOption(),
];
