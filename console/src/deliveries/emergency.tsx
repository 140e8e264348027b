import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { t } from '../text.ts'

/** No call leaves the building until it ends; leads are taken in all the same. */
export const Emergency = ({ isOn }: { readonly isOn: boolean }) => {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [reason, setReason] = useState('')
  const set = useMutation({
    mutationFn: (enabled: boolean) =>
      api('/api/admin/lead-pipeline', {
        method: 'POST',
        body: { action: 'emergency-mode', enabled, ...(reason === '' ? {} : { reason }) },
      }),
    onSuccess: () => {
      setAsking(false)
      void client.invalidateQueries({ queryKey: ['queues'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    set.mutate(true)
  }
  if (isOn)
    return (
      <Button color="red" variant="light" loading={set.isPending} onClick={() => set.mutate(false)}>
        {t('emergency.end')}
      </Button>
    )
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t('emergency.begin')}
      </Button>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={t('emergency.begin')}>
        <form className="stack" onSubmit={submit}>
          <p className="soft">{t('emergency.text')}</p>
          <TextInput
            data-autofocus
            label={t('review.reason')}
            required
            maxLength={500}
            value={reason}
            error={set.error?.message}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button variant="default" onClick={() => setAsking(false)}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" color="red" loading={set.isPending}>
              {t('emergency.begin')}
            </Button>
          </div>
        </form>
      </Modal>
    </>
  )
}
