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

/** Reads events until the stream ends or is aborted. */
export const readStream = async (options: {
  readonly path: Address
  readonly lastEventId: string | null
  readonly signal: AbortSignal
  readonly onOpen: () => void
  readonly onEvent: (event: StreamEvent) => void
}): Promise<void> => {
  const { path, lastEventId, signal, onOpen, onEvent } = options
  const answer = await send(path, {
    signal,
    headers: { accept: 'text/event-stream', ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }) },
  })
  onOpen()
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) return
  let kept = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    kept += value
    const blocks = kept.split('\n\n')
    kept = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = readEvent(block)
      if (event !== null) onEvent(event)
    }
  }
}
