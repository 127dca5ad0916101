/** A source tree as the rules of the house look at it: read once, parsed once. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** The layers, and the documents beside them. */
export const LAYERS = ['runtime', 'drivers', 'firmware', 'board', 'bench', 'test'] as const;
const SOURCE = /\.(ts|mjs)$/;
const NOT_OURS = new Set(['node_modules', 'dist', 'build']);

/** An import or re-export, types included. */
export interface Import {
  /** A path from the tree's root for what is ours, else as it is written. */
  readonly to: string;
  readonly ours: boolean;
  /** Nothing of it is left when it runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** A named thing of a file, with its first line and how many it has. */
export interface Piece {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly functions: readonly Piece[];
  /** Names of types that are declared and exported here. */
  readonly types: readonly Piece[];
}

/** Sources and documents by path. */
export interface Tree {
  readonly sources: ReadonlyMap<string, SourceFile>;
  readonly documents: ReadonlyMap<string, string>;
}

/** Makes a tree of texts: a made-up one, for a rule's control. */
export function treeOf(texts: Readonly<Record<string, string>>): Tree {
  const sources = new Map<string, SourceFile>();
  const documents = new Map<string, string>();
  for (const [path, text] of Object.entries(texts)) {
    if (SOURCE.test(path)) sources.set(path, sourceOf(path, text));
    else documents.set(path, text);
  }
  return { sources, documents };
}

/** Reads the tree of a checkout. */
export function readTree(root: string): Tree {
  const texts: Record<string, string> = {};
  const read = (path: string) => {
    texts[path] = readFileSync(join(root, path), 'utf8');
  };
  for (const layer of LAYERS) for (const path of filesIn(root, layer)) read(path);
  for (const path of readdirSync(root)) if (path.endsWith('.md')) read(path);
  return treeOf(texts);
}

function* filesIn(root: string, folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && !NOT_OURS.has(entry.name)) yield* filesIn(root, path);
    else if (entry.isFile() && (SOURCE.test(path) || path.endsWith('.md'))) yield path;
  }
}

export function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function sourceOf(path: string, text: string): SourceFile {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const functions: Piece[] = [];
  const types: Piece[] = [];
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line + 1;
  const piece = (node: ts.Node, name: string): Piece => {
    const line = lineOf(node.getStart(file));
    return { name, line, lines: lineOf(node.end) - line + 1 };
  };
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) {
      const ours = specifier.text.startsWith('.');
      const to = ours ? normalize(join(dirname(path), specifier.text)) : specifier.text;
      imports.push({ to, ours, typeOnly: isTypeOnly(node), line: lineOf(node.getStart(file)) });
    }
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined)
      functions.push(piece(node, nameOf(node)));
    if (isType(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
      types.push(piece(node, node.name?.text ?? 'default'));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, text, lines: linesOf(text), imports, functions, types };
}

/** From where a node imports, if it does: also `import('…')`, as a type and as a call. */
function specifierOf(node: ts.Node): ts.StringLiteral | undefined {
  let from: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) from = node.moduleSpecifier;
  else if (ts.isImportTypeNode(node))
    from = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    from = node.arguments[0];
  return from !== undefined && ts.isStringLiteral(from) ? from : undefined;
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true;
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return ts.isImportDeclaration(node) && node.importClause?.isTypeOnly === true;
}

function isType(
  node: ts.Node,
): node is ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration | ts.EnumDeclaration {
  return (
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isEnumDeclaration(node)
  );
}

/** Its own name, the one that it is assigned to, or the words of the call that it is given to, such as a test's. */
function nameOf(node: ts.SignatureDeclaration): string {
  const { name, parent } = node;
  if (name !== undefined) return name.getText();
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent))
    return parent.name.getText();
  const words = ts.isCallExpression(parent) ? parent.arguments[0] : undefined;
  if (words !== undefined && ts.isStringLiteralLike(words)) return words.text;
  return ts.isConstructorDeclaration(node) ? 'constructor' : 'a function';
}
