import type { Address } from '../../../src/client/client.ts'
import { send } from '../api/client.ts'

/** Server-sent events over fetch, which, unlike EventSource, can carry the session's token. */

export interface StreamEvent {
  readonly type: string
  readonly id: string | null
  readonly data: string
}

/** One event out of the lines between two blank ones; null where they hold nothing but comments. */
export const readEvent = (block: string): StreamEvent | null => {
  let type = 'message'
  let id: string | null = null
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) type = line.slice(6).trim()
    else if (line.startsWith('id:')) id = line.slice(3).trim()
    else if (line.startsWith('data:')) data.push(line.slice(5).trimStart())
  }
  return data.length === 0 ? null : { type, id, data: data.join('\n') }
}

/**
 * Reads events until the stream ends, is aborted, or has said nothing for so long that nobody can be at the other end:
 * a connection that was cut on the way is not told of its end.
 */
export const readStream = async (options: {
  readonly path: Address
  readonly lastEventId: string | null
  readonly signal: AbortSignal
  readonly silentMs: number
  readonly onOpen: () => void
  readonly onEvent: (event: StreamEvent) => void
}): Promise<void> => {
  const { path, lastEventId, signal, silentMs, onOpen, onEvent } = options
  const silence = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silentMs)
  }
  heard()
  try {
    const answer = await send(path, {
      signal: AbortSignal.any([signal, silence.signal]),
      headers: { accept: 'text/event-stream', ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }) },
    })
    onOpen()
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    if (reader === undefined) return
    let kept = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      heard()
      kept += value
      const blocks = kept.split('\n\n')
      kept = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = readEvent(block)
        if (event !== null) onEvent(event)
      }
    }
  } finally {
    clearTimeout(timer)
  }
}
