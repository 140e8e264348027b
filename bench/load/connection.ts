/** One connection that keeps asking: a request, its answer, the next request. It reads no more of HTTP than it must. */
import { connect, type Socket } from 'node:net'

export interface Answered {
  readonly status: number
  readonly ms: number
  /** The beginning of the answer, where its status is none of success. */
  readonly text: string | null
}

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  /** The bytes of the next request, or null to stop. Not read again once its answer is in. */
  readonly next: () => Buffer | null
  readonly onAnswer: (answer: Answered) => void
}

export interface LoadConnection {
  /** Begins to ask; resolves after the last answer, rejects where the connection breaks or answers no HTTP. */
  run(): Promise<void>
  /** Cuts it; `run` rejects. */
  cut(reason: string): void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const TEXT_CHARS_MAX = 300

const connected = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })

/** Bytes of the first answer in `bytes`, head and body; null where it is not whole yet. */
const answerLength = (bytes: Buffer): number | null => {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0) return null
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))?.[1]
  if (length === undefined) throw new Error('an answer came without its length')
  const whole = headEnd + HEAD_END.length + Number(length)
  return bytes.length < whole ? null : whole
}

export const openConnection = async (options: ConnectionOptions): Promise<LoadConnection> => {
  const { host, port, next, onAnswer } = options
  const socket = connect({ host, port, noDelay: true })
  await connected(socket)

  let settle: { resolve: () => void; reject: (error: Error) => void } | null = null
  let sentAt = 0
  let buffered: Buffer | null = null

  const end = (error: Error | null): void => {
    const told = settle
    settle = null
    if (error) {
      socket.destroy()
      told?.reject(error)
    } else {
      socket.end()
      told?.resolve()
    }
  }
  const ask = (): void => {
    const bytes = next()
    if (bytes === null) {
      end(null)
      return
    }
    sentAt = performance.now()
    socket.write(bytes)
  }
  socket.on('data', (chunk) => {
    try {
      const bytes: Buffer = buffered === null ? chunk : Buffer.concat([buffered, chunk])
      const length = answerLength(bytes)
      if (length === null) {
        buffered = bytes
        return
      }
      buffered = null
      if (length !== bytes.length) throw new Error('more came than one answer')
      const status = Number(bytes.toString('latin1', 9, 12))
      const isSuccess = status >= 200 && status < 300
      onAnswer({
        status,
        ms: performance.now() - sentAt,
        text: isSuccess ? null : bytes.toString('utf8', bytes.indexOf(HEAD_END) + 4).slice(0, TEXT_CHARS_MAX),
      })
      ask()
    } catch (error) {
      end(error as Error)
    }
  })
  socket.on('error', end)
  socket.on('close', () => end(new Error('the server closed the connection')))

  return {
    run: () =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject }
        ask()
      }),
    cut: (reason) => end(new Error(reason)),
  }
}
