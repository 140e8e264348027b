import { Button, Modal, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { session } from '../api/session.ts'
import { t } from '../text.ts'

/** One's own: several people may work at one machine, and for several tenants. */
const keyOf = (): string => `millrace.reject_reasons.${session()?.tenant.id}.${session()?.userId}`
const KEPT_MAX = 5

const kept = (): readonly string[] => {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(keyOf()) ?? '[]')
    return Array.isArray(list) ? list.map(String).slice(0, KEPT_MAX) : []
  } catch {
    return []
  }
}

/** Why it is rejected; the last reasons are one key away. */
export const RejectForm = (props: {
  readonly title?: string
  readonly onClose: () => void
  readonly onReject: (reason: string) => void
}) => {
  const { title = t('review.reject_title'), onClose, onReject } = props
  const [reason, setReason] = useState('')
  const [reasons] = useState(kept)
  const reject = (text: string): void => {
    const list = [text, ...reasons.filter((each) => each !== text)].slice(0, KEPT_MAX)
    localStorage.setItem(keyOf(), JSON.stringify(list))
    onReject(text)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (reason.trim() !== '') reject(reason.trim())
  }
  return (
    <Modal opened onClose={onClose} title={title}>
      <form className="stack" onSubmit={submit}>
        <TextInput
          data-autofocus
          size="sm"
          label={t('review.reason')}
          description={reasons.length > 0 ? t('review.reason_keys') : undefined}
          maxLength={500}
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          onKeyDown={(event) => {
            const chosen = reason === '' ? reasons[Number(event.key) - 1] : undefined
            if (chosen === undefined) return
            event.preventDefault()
            reject(chosen)
          }}
        />
        {reasons.length > 0 && (
          <div className="stack" style={{ gap: 4 }}>
            {reasons.map((text, index) => (
              <button key={text} type="button" className="reason-kept" onClick={() => reject(text)}>
                <kbd>{index + 1}</kbd> {text}
              </button>
            ))}
          </div>
        )}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" color="red">
            {t('review.reject')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
