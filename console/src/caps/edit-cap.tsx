import { Button, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { CapUse } from '../api/types.ts'
import { Dialog } from '../components/dialog.tsx'
import { t, tn } from '../text.ts'
import { placeText, usedText } from './cap-words.ts'

const LEADS = /^\d+$/
const MONEY = /^\d+(?:\.\d{1,6})?(?: [A-Z]{3})?$/

/** Another maximum: published as the flow's next version. What was counted stays counted. */
export const EditCap = ({ cap, onClose }: { readonly cap: CapUse; readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [max, setMax] = useState(String(cap.max))
  const isMoney = typeof cap.max === 'string'
  const isRight = (isMoney ? MONEY : LEADS).test(max.trim())
  const done = () => {
    void client.invalidateQueries({ queryKey: ['caps'] })
    void client.invalidateQueries({ queryKey: ['flow', cap.flow] })
    onClose()
  }
  const save = useMutation({
    mutationFn: async () => {
      const [detail, { withCapMax }] = await Promise.all([
        ask(`/api/v1/flows/${cap.flow}`),
        import('../flow/document.ts'),
      ])
      const document = withCapMax(detail.document, cap, isMoney ? max.trim() : Number(max))
      if (document === null) throw new Error(t('caps.not_plain'))
      return ask('/api/v1/flows', {
        method: 'POST',
        body: {
          document,
          base_version: detail.version,
          note: t('caps.note', { cap: cap.id, place: placeText(cap), before: String(cap.max), now: max.trim() }),
        },
      })
    },
    onSuccess: () => {
      notifications.show({ message: t('action.saved') })
      done()
    },
  })
  const recount = useMutation({
    mutationFn: () =>
      ask(`/api/v1/flows/${cap.flow}/caps/${cap.id}/recount`, {
        method: 'POST',
        body: { at: cap.at },
      }),
    onSuccess: ({ counted }) => {
      notifications.show({ message: tn('caps.recounted', counted) })
      done()
    },
  })
  return (
    <Dialog
      title={t('caps.edit_one', { cap: cap.id, place: placeText(cap) })}
      text={t('caps.edit_text', { used: usedText(cap) })}
      submit={t('action.save')}
      busy={save.isPending}
      error={save.error ?? recount.error}
      disabled={!isRight || max.trim() === String(cap.max)}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label={t('caps.max')}
        inputMode={isMoney ? 'text' : 'numeric'}
        value={max}
        error={isRight ? null : t(isMoney ? 'caps.wrong_money' : 'caps.wrong')}
        onChange={(event) => setMax(event.currentTarget.value)}
      />
      {!cap.sliding && (
        <div className="row between">
          <span className="faint">{t('caps.recount_text')}</span>
          <Button variant="subtle" color="gray" loading={recount.isPending} onClick={() => recount.mutate()}>
            {t('caps.recount')}
          </Button>
        </div>
      )}
    </Dialog>
  )
}
