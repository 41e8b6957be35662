export type Book = { title: string };

const BOOKS: Record<string, Book> = { "1": { title: "Middlemarch" } };

export const find = (id: string): Book | undefined => BOOKS[id];
