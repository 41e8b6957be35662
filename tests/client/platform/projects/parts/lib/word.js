export const word = "apart";
