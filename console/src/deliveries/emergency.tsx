import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { t } from '../text.ts'

/** No call leaves the building until it ends; leads are taken in all the same. */
export const Emergency = ({ isOn }: { readonly isOn: boolean }) => {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [reason, setReason] = useState('')
  const set = useMutation({
    mutationFn: (enabled: boolean) =>
      ask('/api/admin/lead-pipeline', {
        method: 'POST',
        body: { action: 'emergency-mode', enabled, ...(enabled ? { reason } : {}) },
      }),
    onSuccess: () => {
      setAsking(false)
      setReason('')
      void client.invalidateQueries({ queryKey: ['queues'] })
    },
  })
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
      {isAsking && (
        <Dialog
          title={t('emergency.begin')}
          text={t('emergency.text')}
          submit={t('emergency.begin')}
          danger
          busy={set.isPending}
          error={set.error}
          onSubmit={() => set.mutate(true)}
          onClose={() => setAsking(false)}
        >
          <TextInput
            data-autofocus
            label={t('review.reason')}
            required
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Dialog>
      )}
    </>
  )
}
