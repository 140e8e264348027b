import { yaml } from '@codemirror/lang-yaml'
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { basicSetup } from 'codemirror'
import { useEffect, useRef } from 'react'
import { t } from '../text.ts'

export interface FlowProblem {
  readonly message: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly expected: string | null
  readonly suggestion: string | null
}

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '12.5px', backgroundColor: 'var(--surface)', color: 'var(--ink)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--faint)', border: '0' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--accent) 7%, transparent)' },
  '.cm-activeLineGutter': { color: 'var(--soft)' },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 24%, transparent) !important',
  },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)', color: 'var(--ink)' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--ink)' },
  // The names and texts of YAML, in colours that can be read on both grounds.
  '.cm-content .ͼl, .cm-content .ͼi': { color: 'var(--accent-ink)' },
  '.cm-content .ͼe': { color: 'var(--info)' },
  '.cm-content .ͼb, .cm-content .ͼd': { color: 'var(--review)' },
  '.cm-content .ͼm': { color: 'var(--faint)' },
})

const diagnosticOf = (state: EditorState, problem: FlowProblem): Diagnostic => {
  const line = state.doc.line(Math.min(Math.max(1, problem.line), state.doc.lines))
  const from = Math.min(line.from + Math.max(0, problem.column - 1), line.to)
  const word = /^[^\s,\]})]+/.exec(state.doc.sliceString(from, line.to))?.[0].length ?? 0
  const more = problem.suggestion
    ? t('flow.mean', { suggestion: problem.suggestion })
    : problem.expected
      ? t('flow.expected', { expected: problem.expected })
      : ''
  return {
    from,
    to: Math.max(from, from + word),
    severity: 'error',
    message: [problem.message, more].filter(Boolean).join('. '),
  }
}

/** A flow as text, with what is wrong with it where it stands. */
export const YamlEditor = (props: {
  readonly text: string
  readonly readOnly: boolean
  readonly problems: readonly FlowProblem[]
  /** From and to: shown and marked whenever it becomes another. */
  readonly shown: readonly [number, number] | null
  readonly onChange: (text: string) => void
}) => {
  const { text, readOnly, problems, shown, onChange } = props
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const change = useRef(onChange)
  change.current = onChange
  const initial = useRef(text)

  useEffect(() => {
    if (box.current === null) return
    const made = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: initial.current,
        extensions: [
          basicSetup,
          yaml(),
          lintGutter(),
          look,
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({ 'aria-label': t('flow.text'), tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => {
      made.destroy()
      view.current = null
    }
  }, [readOnly])

  useEffect(() => {
    const { current } = view
    if (current === null || current.state.doc.toString() === text) return
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: text } })
  }, [text])

  useEffect(() => {
    const { current } = view
    if (current === null) return
    current.dispatch(
      setDiagnostics(
        current.state,
        problems.map((problem) => diagnosticOf(current.state, problem)),
      ),
    )
  }, [problems])

  useEffect(() => {
    const { current } = view
    if (current === null || shown === null || shown[1] > current.state.doc.length) return
    current.dispatch({
      selection: { anchor: shown[0], head: shown[1] },
      effects: EditorView.scrollIntoView(shown[0], { y: 'center' }),
    })
  }, [shown])

  return <div ref={box} className="yaml" />
}
