type Name = "some" | "none";

const LIMITS: Partial<Record<Name, number>> = { some: 5 };

export function limitOf(name: Name): number {
  const limit: number | undefined = LIMITS[name];
  if (limit === undefined) throw new RangeError(`there is no limit ${name}`);
  return limit;
}
