export declare function makeDeclarations(folder: string, more?: readonly string[]): void;
