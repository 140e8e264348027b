/**
 * COPY, out of and into a table, as a stream of bytes that is never held whole.
 *
 * The driver knows the messages and leaves what to do with them to the query. Leans on internals of pg 8.23: a client
 * hands its connection's messages to the active query's handle… methods. The version is pinned; copy.test.ts covers both.
 * Protocol: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type pg from 'pg'

interface Wire {
  readonly stream: Socket
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(text: string): void
}

/** What a client asks of a query that it did not make itself. */
abstract class CopyQuery {
  readonly #text: string
  readonly done: Promise<number>
  #resolve: (rows: number) => void = () => undefined
  #reject: (error: Error) => void = () => undefined
  #rows = 0
  #error: Error | undefined

  constructor(text: string) {
    this.#text = text
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever reads the stream hears of it there.
    this.done.catch(() => undefined)
  }
  submit(wire: Wire): null {
    wire.query(this.#text)
    return null
  }
  handleCopyData(_message: { chunk: Buffer }, _wire: Wire): void {}
  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('nothing to copy in')
  }
  handleCommandComplete(message: { text: string }): void {
    this.#rows = Number(/^COPY (\d+)/.exec(message.text)?.[1] ?? 0)
  }
  handleError(error: Error): void {
    this.#error ??= error
    this.failed(error)
    this.#reject(error)
  }
  handleReadyForQuery(): void {
    if (this.#error) return
    this.ended()
    this.#resolve(this.#rows)
  }
  protected ended(): void {}
  protected failed(_error: Error): void {}
}

const HIGH_WATER_BYTES = 1024 * 1024

class CopyOut extends CopyQuery {
  #chunks: Buffer[] = []
  #bytes = 0
  #over = false
  #failure: Error | undefined
  #wake: () => void = () => undefined
  #stream: Socket | undefined

  override handleCopyData({ chunk }: { chunk: Buffer }, wire: Wire): void {
    // The driver's buffer is used again: what is kept is copied.
    this.#chunks.push(Buffer.from(chunk))
    this.#bytes += chunk.length
    this.#stream = wire.stream
    if (this.#bytes > HIGH_WATER_BYTES) wire.stream.pause()
    this.#wake()
  }
  protected override ended(): void {
    this.#over = true
    this.#wake()
  }
  protected override failed(error: Error): void {
    this.#failure = error
    this.#wake()
  }
  async *read(): AsyncGenerator<Buffer> {
    for (;;) {
      if (this.#chunks.length > 0) {
        const whole = Buffer.concat(this.#chunks)
        this.#chunks = []
        this.#bytes = 0
        this.#stream?.resume()
        yield whole
        continue
      }
      if (this.#failure) throw this.#failure
      if (this.#over) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

class CopyIn extends CopyQuery {
  readonly #source: AsyncIterable<Buffer>
  constructor(text: string, source: AsyncIterable<Buffer>) {
    super(text)
    this.#source = source
  }
  override handleCopyInResponse(wire: Wire): void {
    const send = async (): Promise<void> => {
      for await (const chunk of this.#source) {
        wire.sendCopyFromChunk(chunk)
        if (wire.stream.writableNeedDrain) await once(wire.stream, 'drain')
      }
      wire.endCopyFrom()
    }
    send().catch((error: Error) => wire.sendCopyFail(error.name))
  }
}

/** The bytes of `COPY … TO STDOUT`. */
export const copyOut = (client: pg.Client, text: string): AsyncGenerator<Buffer> => {
  const query = new CopyOut(text)
  client.query(query as unknown as pg.Submittable)
  return query.read()
}

/** Performs `COPY … FROM STDIN` with these bytes; resolves with the number of rows. */
export const copyIn = (client: pg.Client, text: string, source: AsyncIterable<Buffer>): Promise<number> => {
  const query = new CopyIn(text, source)
  client.query(query as unknown as pg.Submittable)
  return query.done
}
