/**
 * A value that is there, or will be. Most of what a lead asks is answered out of memory: an await for each answer, with
 * its promises and its turn of the queue, would cost more than the answer.
 */
export type Soon<T> = T | Promise<T>

/** Goes on with a value at once where it is there. */
export const after = <A, B>(soon: Soon<A>, then: (value: A) => Soon<B>): Soon<B> =>
  soon instanceof Promise ? soon.then(then) : then(soon)
