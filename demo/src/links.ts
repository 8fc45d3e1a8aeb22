/** A link at the foot of every page. */
export interface Link {
  readonly title: string;
  readonly href: string;
}

/**
 * What is to be read of the project.
 * @param repository its address; empty where it is not published, and the site's own copy of the README has to do
 */
export const linksOf = (repository: string): readonly Link[] => [
  { title: "Documentation", href: repository === "" ? "./documentation.txt" : `${repository}#readme` },
  ...(repository === "" ? [] : [{ title: "Source", href: `${repository}/tree/HEAD/demo` }]),
  { title: "Licences", href: "./licenses.txt" },
];
