export const later = "imported when it is needed";
