import type { ByteSource } from './csv-rows.ts'

/** So much of a file's beginning says what the rest is like. */
const HEAD_BYTES = 16 * 1024

/** Rows are handed on as they come; of the head, enough to hold its line. */
const isEnough = (held: Buffer, position: number, length: number): boolean =>
  position > 0 ? held.length > 0 : held.length >= length || (held.length >= HEAD_BYTES && held.includes(0x0a))

/**
 * A stream read as a file is, from its beginning on. What was read at first is kept, so that a head can be looked at
 * before the rows are read; beyond that nothing is, and the sender is slowed to the pace of the reader.
 */
export const streamSource = (stream: AsyncIterable<Buffer>, headBytesMax: number): ByteSource => {
  const parts = stream[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  /** What came and was not asked for yet, and where it begins. */
  let held: Buffer = Buffer.alloc(0)
  let heldAt = 0
  let isOver = false

  const more = async (): Promise<void> => {
    const { value, done } = await parts.next()
    if (done) {
      isOver = true
      return
    }
    held = held.length === 0 ? value : Buffer.concat([held, value])
  }

  return {
    read: async (buffer, offset, length, position) => {
      if (position < heldAt) {
        if (position >= head.length) throw new Error('a stream cannot be read again')
        const bytesRead = head.copy(buffer, offset, position, Math.min(position + length, heldAt))
        return { bytesRead }
      }
      if (position !== heldAt) throw new Error('a stream is read in order')
      while (!isOver && !isEnough(held, position, length)) await more()
      const bytesRead = held.copy(buffer, offset, 0, length)
      if (heldAt < headBytesMax)
        head = Buffer.concat([head, held.subarray(0, Math.min(bytesRead, headBytesMax - heldAt))])
      held = held.subarray(bytesRead)
      heldAt += bytesRead
      return { bytesRead }
    },
  }
}
