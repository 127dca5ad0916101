/** Sentences of comments and documents, and how many words they have. */

/** A sentence that is too long. */
export interface LongSentence {
  readonly line: number;
  readonly words: number;
}

/** A comment, or lines of `//` below each other. */
const COMMENT = /\/\*\*?([\s\S]*?)\*\/|(?:^[ \t]*\/\/.*\n)+|[ \t]\/\/ .*$/gm;
const FENCED = /^```[\s\S]*?^```/gm;
/** Tables, pictures, examples, and what else stands in columns. */
const COLUMNS = /^\|| \| |──|^ {2,}\S|@example/;
const TAG = /^@(param \S+|returns|throws(?: HitlessError)?)/;
const SENTENCE_END = /(?<=[.?!])\s+(?=[A-Z`@*(])/;

/** The sentences with more than `most` words in the comments of a source, or in a document. */
export function longSentencesIn(path: string, text: string, most: number): LongSentence[] {
  const isDocument = path.endsWith('.md');
  const parts = isDocument
    ? [{ text: text.replace(FENCED, (code) => code.replace(/[^\n]/g, '')), index: 0 }]
    : [...text.matchAll(COMMENT)].map(({ 0: comment, index }) => ({ text: comment, index }));
  return parts.flatMap((part) => {
    const first = text.slice(0, part.index).split('\n').length;
    return paragraphsOf(part.text, isDocument).flatMap(({ line, words }) =>
      words
        .split(SENTENCE_END)
        .map((sentence) => sentence.split(/\s+/).filter((word) => /\w/.test(word)).length)
        .filter((count) => count > most)
        .map((count) => ({ line: first + line, words: count })),
    );
  });
}

/** Lines that belong together, with the place of the first. */
function paragraphsOf(text: string, isDocument: boolean): { line: number; words: string }[] {
  const found: { line: number; words: string }[] = [];
  let open = false;
  for (const [line, raw] of text.split('\n').entries()) {
    const own = isDocument ? raw : raw.replace(/^\s*(\/\*\*?|\*\/|\*|\/\/)\s?|\s*\*\/$/g, '');
    const begins = isDocument || TAG.test(own) || /^[-*#]/.test(own);
    if (own.trim() === '' || COLUMNS.test(own)) open = false;
    else if (open && !begins) found.at(-1)!.words += ` ${own}`;
    else {
      found.push({ line, words: own.replace(TAG, '') });
      open = true;
    }
  }
  return found;
}
