/**
 * Records by names that senders and authors chose. A plain object answers to names that nobody put there (`constructor`),
 * and takes `__proto__` for what it inherits from instead of keeping it.
 */

/** What was put under a name, or nothing. */
export const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** Puts something under a name, whatever the name is. */
export const put = <T>(record: Record<string, T>, name: string, value: T): void => {
  if (name === '__proto__')
    Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true })
  else record[name] = value
}
