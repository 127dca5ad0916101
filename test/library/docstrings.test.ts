/** Whoever imports `hitless/runtime` finds in the editor what each export and each of its members is. */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Exports and members without a doc comment, as `file:line name`. */
function undocumented(index: string): string[] {
  const program = ts.createProgram([index], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
    // Comments are read, types are not checked: what Node and JavaScript declare would only take time.
    types: [],
    noLib: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(index)!;
  const found: string[] = [];
  const note = (node: ts.Node, name: string) => {
    const file = node.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${relative(root, file.fileName)}:${line + 1} ${name}`);
  };
  const documented = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length > 0;
  for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const [declaration] = symbol.declarations ?? [];
    if (declaration === undefined) continue;
    if (!documented(symbol)) note(declaration, symbol.name);
    for (const member of membersOf(declaration)) {
      const named = ts.isConstructorDeclaration(member)
        ? undefined
        : checker.getSymbolAtLocation(member.name!);
      const name = ts.isConstructorDeclaration(member) ? 'constructor' : member.name!.getText();
      const described =
        named === undefined ? ts.getJSDocCommentsAndTags(member).length > 0 : documented(named);
      if (!described) note(member, `${symbol.name}.${name}`);
    }
  }
  return [...new Set(found)].sort((a, b) => (a.split(' ')[1]! < b.split(' ')[1]! ? -1 : 1));
}

function isPrivate(member: ts.ConstructorDeclaration): boolean {
  return member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true;
}

/** Members that a user can reach. What is `#private`, or a plain inheritance, is not his concern. */
function membersOf(declaration: ts.Declaration): (ts.ClassElement | ts.TypeElement)[] {
  if (ts.isClassDeclaration(declaration)) {
    return declaration.members.filter(
      (member) =>
        (ts.isConstructorDeclaration(member) && member.parameters.length > 0 && !isPrivate(member)) ||
        (member.name !== undefined &&
          !ts.isPrivateIdentifier(member.name) &&
          !ts.isComputedPropertyName(member.name)),
    );
  }
  if (ts.isInterfaceDeclaration(declaration))
    return declaration.members.filter((member) => member.name !== undefined);
  return [];
}

t.test('every export of hitless/runtime, and every member of it, has a doc comment', async (t) => {
  t.same(undocumented(join(root, 'runtime/index.ts')), []);
});

t.test('what has none is found', async (t) => {
  const directory = t.testdir();
  const file = join(directory, 'index.ts');
  writeFileSync(
    file,
    `/** A thing. */
export class Thing {
  readonly bare = 1;
  /** Said. */
  said(): void {}
  #own = 2;
}
export function alone(): void {}
/** Another. */
export interface Other { missing: number }
`,
  );
  t.same(
    undocumented(file).map((line) => line.split(' ')[1]),
    ['Other.missing', 'Thing.bare', 'alone'],
  );
});
