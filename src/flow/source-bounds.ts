/**
 * What makes the reading of a flow's text long without making a flow: looked for among the text's marks, before it is read,
 * and the first of it ends the look.
 */
import { Lexer } from 'yaml'

/** Nobody writes so many on one line, or in one another. */
const DEPTH_MAX = 50
/** Anchors, aliases, tags and directives of one text. */
const RARE_MAX = 2_000
const WRONG_ESCAPES_MAX = 100

const RARE: ReadonlySet<string> = new Set(['&', '*', '!', '%'])
/** Indicators of blocks: on one line each stands in the one before. */
const BLOCK: ReadonlySet<string> = new Set(['-', '?', ':'])
/** Stands before a text that is in no quotes. */
const PLAIN = '\x1f'
const WRONG_ESCAPE = /\\(?:x(?![\da-f]{2})|u(?![\da-f]{4})|U(?![\da-f]{8})|[^0abtnvfre "/\\N_LPxuU\s])/gi

/** What is too much of in the text, and where; null: nothing. */
export const excessOf = (text: string): { readonly message: string; readonly at: number } | null => {
  let at = 0
  let open = 0
  let onLine = 0
  let rare = 0
  let wrongEscapes = 0
  let isPlain = false
  for (const mark of new Lexer().lex(text)) {
    const first = mark.charAt(0)
    const here = at
    at += mark === PLAIN ? 0 : mark.length
    if (isPlain) {
      isPlain = false
      continue
    }
    if (mark === PLAIN) isPlain = true
    else if (first === '\n' || first === '\r') onLine = 0
    else if (mark === '[' || mark === '{') open += 1
    else if (mark === ']' || mark === '}') open -= 1
    else if (BLOCK.has(mark) && open === 0) onLine += 1
    else if (RARE.has(first)) rare += 1
    else if (first === '"') wrongEscapes += mark.match(WRONG_ESCAPE)?.length ?? 0
    if (open > DEPTH_MAX || onLine > DEPTH_MAX) return { message: `nested more than ${DEPTH_MAX} deep`, at: here }
    if (rare > RARE_MAX) return { message: `more than ${RARE_MAX} anchors, aliases, tags and directives`, at: here }
    if (wrongEscapes > WRONG_ESCAPES_MAX)
      return { message: `more than ${WRONG_ESCAPES_MAX} escapes that mean nothing`, at: here }
  }
  return null
}
