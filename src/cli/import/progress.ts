import { SingleBar } from 'cli-progress'

export interface Progress {
  /** `done`: bytes of the file whose rows are finished. */
  update(now: { readonly done: number; readonly rows: number }): void
  /** Tells something beside the progress, once in a while at most. */
  note(text: string): void
  end(): void
}

const TICK_MS = 1_000
const LINE_EVERY_MS = 10_000
const LINE_EVERY_PERCENT = 10
const NOTE_EVERY_MS = 10_000

const duration = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return '–'
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** A bar where a person watches; elsewhere a line every 10 s or 10%, whichever comes first, at most one a second. */
export const createProgress = (options: {
  readonly output: NodeJS.WriteStream
  readonly silent: boolean
  /** Bytes. */
  readonly total: number
  /** Where this run begins. */
  readonly from: { readonly done: number; readonly rows: number }
}): Progress => {
  const { output, silent, total, from } = options
  if (silent) return { update: () => undefined, note: () => undefined, end: () => undefined }
  const startedAt = performance.now()
  let now = from
  let notedAt = Number.NEGATIVE_INFINITY

  const figures = () => {
    const seconds = (performance.now() - startedAt) / 1000
    const bytesPerSecond = (now.done - from.done) / seconds
    return {
      rows: now.rows.toLocaleString('en-US'),
      rate: Math.round((now.rows - from.rows) / seconds).toLocaleString('en-US'),
      left: duration((total - now.done) / bytesPerSecond),
    }
  }
  const mayNote = (): boolean => {
    if (performance.now() - notedAt < NOTE_EVERY_MS) return false
    notedAt = performance.now()
    return true
  }

  if (output.isTTY) {
    const bar = new SingleBar({
      format: '{bar} {percentage}%  {rows} rows  {rate} rows/s  {left} left',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 30,
      stream: output,
      hideCursor: true,
      gracefulExit: false,
      clearOnComplete: true,
    })
    bar.start(total, now.done, figures())
    const timer = setInterval(() => bar.update(now.done, figures()), TICK_MS / 4).unref()
    return {
      update: (next) => {
        now = next
      },
      note: (text) => {
        if (mayNote()) output.write(`\r\x1b[K${text}\n`)
      },
      end: () => {
        clearInterval(timer)
        bar.update(now.done, figures())
        bar.stop()
      },
    }
  }

  let lineAt = performance.now()
  let linePercent = (100 * now.done) / total
  // Where what is told of fails, nobody may come to end it: that must not keep the process from ending.
  const timer = setInterval(() => {
    const percent = (100 * now.done) / total
    if (percent - linePercent < LINE_EVERY_PERCENT && performance.now() - lineAt < LINE_EVERY_MS) return
    lineAt = performance.now()
    linePercent = percent
    const { rows, rate, left } = figures()
    output.write(`${Math.floor(percent)}%  ${rows} rows  ${rate} rows/s  ${left} left\n`)
  }, TICK_MS).unref()
  return {
    update: (next) => {
      now = next
    },
    note: (text) => {
      if (mayNote()) output.write(`${text}\n`)
    },
    end: () => clearInterval(timer),
  }
}
