import { readdirSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The library as the compiler of TypeScript sees it. */

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A path relative to the repository, with slashes. */
export const slashed = (path: string): string => relative(root, path).replaceAll("\\", "/");

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(resolve(root, "tsconfig.json"), ts.sys.readFile).config,
  ts.sys,
  root,
);

const files = ["src", "shaders", "types"].flatMap((folder) =>
  readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => resolve(root, folder, name)),
);

/** The library as a program, with other texts for some of its files, or more files. */
export function programOf(texts: Readonly<Record<string, string>> = {}): ts.Program {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  const given = new Map(Object.entries(texts).map(([path, text]) => [resolve(root, path), text]));
  host.fileExists = (path) => given.has(path) || fileExists(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = given.get(path);
    return text === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, text, languageVersion);
  };
  return ts.createProgram([...new Set([...files, ...given.keys()])], options, host);
}

/** A program's own files, less those of packages and of the language. */
export const ownSources = (program: ts.Program): ts.SourceFile[] =>
  program.getSourceFiles().filter(({ fileName }) => /^(src|shaders)\//.test(slashed(fileName)));
