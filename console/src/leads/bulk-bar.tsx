import { Button, CloseButton } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { api } from '../api/client.ts'
import type { LeadSummary } from '../api/types.ts'
import { useMay } from '../rights.ts'
import { t, tn } from '../text.ts'
import { exportLeads } from './export.ts'
import { SuppressDialog } from './suppress-dialog.tsx'

interface BulkAnswer {
  readonly done: number
  readonly failed: readonly { readonly lead_id: string; readonly code: string; readonly message: string }[]
}

/** What can be done with the chosen leads at once; each is judged by itself, and those that failed are named. */
export const BulkBar = ({ leads, onDone }: { readonly leads: readonly LeadSummary[]; readonly onDone: () => void }) => {
  const may = useMay()
  const [busy, setBusy] = useState(false)
  const [suppressing, setSuppressing] = useState(false)
  const ids = leads.map(({ id }) => id)
  const waiting = leads.filter(({ status }) => status === 'pending_review').map(({ id }) => id)
  const act = async (action: string, chosen: readonly string[], more: object = {}): Promise<void> => {
    setBusy(true)
    try {
      const { done, failed } = await api<BulkAnswer>('/api/v1/leads/bulk', {
        method: 'POST',
        body: { action, ids: chosen, ...more },
      })
      notifications.show({
        color: failed.length === 0 ? 'mill' : 'yellow',
        title: tn('bulk.done', done),
        message: failed.length === 0 ? '' : `${tn('bulk.failed', failed.length)} ${failed[0]?.message ?? ''}`,
      })
      onDone()
    } catch (error) {
      notifications.show({ color: 'red', title: t('bulk.refused'), message: (error as Error).message })
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="lead-bulk" role="toolbar" aria-label={t('bulk.title')}>
      <strong className="num">{tn('bulk.chosen', leads.length)}</strong>
      {may('lead.review') && waiting.length > 0 && (
        <>
          <Button loading={busy} onClick={() => void act('approve', waiting)}>
            {tn('bulk.approve', waiting.length)}
          </Button>
          <Button variant="default" loading={busy} onClick={() => void act('reject', waiting)}>
            {tn('bulk.reject', waiting.length)}
          </Button>
        </>
      )}
      {may('list.edit') && (
        <Button variant="default" disabled={busy} onClick={() => setSuppressing(true)}>
          {t('bulk.suppress')}
        </Button>
      )}
      <Button variant="default" onClick={() => void exportLeads({}, ids)}>
        {t('leads.export')}
      </Button>
      <CloseButton aria-label={t('bulk.clear')} onClick={onDone} />
      {suppressing && (
        <SuppressDialog
          count={leads.length}
          onClose={() => setSuppressing(false)}
          onChosen={(list) => {
            setSuppressing(false)
            void act('suppress', ids, { list })
          }}
        />
      )}
    </div>
  )
}
