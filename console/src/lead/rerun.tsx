import { Button, TextInput } from '@mantine/core'
import { IconRepeat } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { LeadDetail } from '../api/types.ts'
import { Dialog } from '../components/dialog.tsx'
import { t } from '../text.ts'

/** Turned away, and nobody has it or may have it; the server looks closer. */
export const canRerun = ({ outcome, status, rerun_as, deliveries }: LeadDetail): boolean =>
  (outcome === 'failure' || outcome === 'error') &&
  status !== 'erased' &&
  rerun_as === null &&
  deliveries.every((delivery) => delivery.outcome === 'failure' || delivery.outcome === 'error')

/** Lets a lead that was turned away run through the flow again, and goes to the lead that it becomes. */
export const RunAgain = ({ lead }: { readonly lead: LeadDetail }) => {
  const client = useQueryClient()
  const go = useNavigate()
  const [isAsking, setAsking] = useState(false)
  const [reason, setReason] = useState('')
  const run = useMutation({
    mutationFn: () =>
      ask(`/api/v1/leads/${lead.id}/rerun`, {
        method: 'POST',
        body: reason.trim() === '' ? {} : { reason: reason.trim() },
      }),
    onSuccess: ({ lead_id: id }) => {
      setAsking(false)
      void client.invalidateQueries({ queryKey: ['lead', lead.id] })
      void go({ to: '/leads/$id', params: { id } })
    },
  })
  return (
    <>
      <Button variant="default" leftSection={<IconRepeat size={15} aria-hidden />} onClick={() => setAsking(true)}>
        {t('lead.rerun')}
      </Button>
      {isAsking && (
        <Dialog
          title={t('lead.rerun_title')}
          text={t('lead.rerun_text')}
          submit={t('lead.rerun')}
          busy={run.isPending}
          error={run.error}
          onSubmit={() => run.mutate()}
          onClose={() => setAsking(false)}
        >
          <TextInput
            data-autofocus
            label={t('lead.rerun_reason')}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Dialog>
      )}
    </>
  )
}
