import { Alert, Button, Modal } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { t } from '../text.ts'

/** What the server said is wrong: of a form or a document, each thing in a line. */
export const problemLines = (error: Error): readonly string[] => {
  const problems = error instanceof ApiError ? (error.problem.problems ?? error.problem.errors) : undefined
  const lines = Array.isArray(problems)
    ? problems.flatMap((problem) => {
        const { message, field } = problem as { readonly message?: unknown; readonly field?: unknown }
        if (typeof message !== 'string') return []
        return [typeof field !== 'string' || message.startsWith(field) ? message : `${field}: ${message}`]
      })
    : []
  return lines.length > 0 ? lines : [error.message]
}

/** Why it was not done; what was typed is kept. */
export const Refused = ({ error }: { readonly error: Error | null }) =>
  error === null ? null : (
    <Alert color="red" variant="light" role="alert">
      {problemLines(error).map((line) => (
        <div key={line}>{line}</div>
      ))}
    </Alert>
  )

/** The buttons below a form. */
export const FormEnd = (props: {
  readonly submit: string
  readonly busy: boolean
  readonly disabled?: boolean
  readonly danger?: boolean
  readonly onCancel?: () => void
  readonly more?: ReactNode
}) => (
  <div className="form-end">
    {props.more}
    {props.onCancel !== undefined && (
      <Button variant="default" onClick={props.onCancel}>
        {t('action.cancel')}
      </Button>
    )}
    <Button
      type="submit"
      {...(props.danger ? { color: 'red' } : {})}
      disabled={props.disabled ?? false}
      loading={props.busy}
    >
      {props.submit}
    </Button>
  </div>
)

/** A form over the page: all dialogs that do something are this one. */
export const Dialog = (props: {
  readonly title: string
  readonly submit: string
  readonly onSubmit: () => void
  readonly onClose: () => void
  readonly busy: boolean
  readonly error: Error | null
  readonly disabled?: boolean
  readonly danger?: boolean
  readonly size?: string
  /** What happens, in a sentence. */
  readonly text?: string
  /** What is looked at before: it may have a form of its own. */
  readonly above?: ReactNode
  readonly children?: ReactNode
}) => {
  const { title, submit, onSubmit, onClose, busy, error, text, above, children, size = 'md' } = props
  const send = (event: FormEvent) => {
    event.preventDefault()
    onSubmit()
  }
  return (
    <Modal opened onClose={onClose} title={title} size={size}>
      <div className="stack">
        {text !== undefined && <p className="soft">{text}</p>}
        {above}
        <form className="stack" onSubmit={send}>
          {children}
          <Refused error={error} />
          <FormEnd
            submit={submit}
            busy={busy}
            disabled={props.disabled ?? false}
            danger={props.danger ?? false}
            onCancel={onClose}
          />
        </form>
      </div>
    </Modal>
  )
}
