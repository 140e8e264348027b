import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'

const buildSerializer = SerializerSelector()

/**
 * Writes answers by their schemas, as fastify does by itself; but what writes an answer is built when that answer is
 * first given: there are hundreds, and most of them are never given by one process.
 */
export const whenFirstGiven: typeof buildSerializer = (schemas, options) => {
  const compile = buildSerializer(schemas, options)
  return (route) => {
    let write: ReturnType<typeof compile> | undefined
    return (answer) => {
      write ??= compile(route)
      return write(answer)
    }
  }
}
