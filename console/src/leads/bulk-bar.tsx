import { Button, CloseButton, Progress } from '@mantine/core'
import { useState } from 'react'
import type { LeadSummary } from '../api/types.ts'
import { RejectForm } from '../review/reject-form.tsx'
import { useMay } from '../rights.ts'
import type { LeadSearch } from '../router.tsx'
import { number, t, tn } from '../text.ts'
import { AssignDialog } from './assign-dialog.tsx'
import { useExport } from './export.ts'
import { SuppressDialog } from './suppress-dialog.tsx'
import { type Chosen, useBulk } from './use-bulk.ts'

/** What can be done with the chosen leads at once; each is judged by itself, and what failed is said. */
export const BulkBar = (props: {
  readonly leads: readonly LeadSummary[]
  readonly search: LeadSearch
  /** All that are loaded are chosen, and there are more. */
  readonly canWiden: boolean
  readonly onDone: () => void
}) => {
  const { leads, search, canWiden, onDone } = props
  const may = useMay()
  const [dialog, setDialog] = useState<'suppress' | 'assign' | 'reject' | null>(null)
  const [isAll, setAll] = useState(false)
  const { progress, run, stop } = useBulk(onDone)
  const exporting = useExport()
  const isWide = isAll && canWiden
  const chosen: Chosen = isWide ? { filter: search } : { ids: leads.map(({ id }) => id) }
  const waiting = leads.filter(({ status }) => status === 'pending_review').map(({ id }) => id)
  // Of all that match some may wait for nobody: all are decided about where the filter says that they do.
  const canDecide = may('lead.review') && (isWide ? search.status === 'pending_review' : waiting.length > 0)
  const decided: Chosen = isWide ? chosen : { ids: waiting }
  const close = () => setDialog(null)
  const begin: typeof run = (...asked) => {
    close()
    return run(...asked)
  }
  if (progress !== null)
    return (
      <div className="lead-bulk" role="toolbar" aria-label={t('bulk.title')}>
        <span role="status" className="num">
          {progress.of === null
            ? tn('bulk.progress_all', progress.done + progress.failed)
            : t('bulk.progress', { n: number(progress.done + progress.failed), of: number(progress.of) })}
        </span>
        <Progress
          w={180}
          aria-label={t('bulk.progress_bar')}
          animated={progress.of === null}
          value={progress.of === null ? 100 : ((progress.done + progress.failed) / Math.max(1, progress.of)) * 100}
        />
        <Button variant="default" onClick={stop}>
          {t('bulk.stop')}
        </Button>
      </div>
    )
  return (
    <div className="lead-bulk" role="toolbar" aria-label={t('bulk.title')}>
      <strong className="num">{isWide ? t('bulk.all_chosen') : tn('bulk.chosen', leads.length)}</strong>
      {canWiden && !isAll && (
        <Button variant="subtle" onClick={() => setAll(true)}>
          {t('bulk.widen')}
        </Button>
      )}
      {canDecide && (
        <>
          <Button onClick={() => void run('approve', decided)}>
            {isWide ? t('review.approve') : tn('bulk.approve', waiting.length)}
          </Button>
          <Button variant="default" onClick={() => setDialog('reject')}>
            {isWide ? t('review.reject') : tn('bulk.reject', waiting.length)}
          </Button>
        </>
      )}
      {may('lead.edit') && (
        <Button variant="default" onClick={() => setDialog('assign')}>
          {t('bulk.assign')}
        </Button>
      )}
      {may('job.edit') && (
        <Button variant="default" title={t('bulk.replay_hint')} onClick={() => void run('replay', chosen)}>
          {t('bulk.replay')}
        </Button>
      )}
      {may('list.edit') && (
        <Button variant="default" onClick={() => setDialog('suppress')}>
          {t('bulk.suppress')}
        </Button>
      )}
      {may('lead.export') && (
        <Button
          variant="default"
          loading={exporting.isBusy}
          onClick={() => void ('ids' in chosen ? exporting.save({}, chosen.ids) : exporting.save(chosen.filter))}
        >
          {t('leads.export')}
        </Button>
      )}
      <CloseButton aria-label={t('bulk.clear')} onClick={onDone} />
      {dialog === 'suppress' && (
        <SuppressDialog
          title={isWide ? t('suppress.title_all') : tn('suppress.title', leads.length)}
          onClose={close}
          onChosen={(list) => begin('suppress', chosen, { list })}
        />
      )}
      {dialog === 'reject' && (
        <RejectForm
          title={isWide ? t('review.reject_all') : tn('review.reject_many', waiting.length)}
          onClose={close}
          onReject={(reason) => begin('reject', decided, { reason })}
        />
      )}
      {dialog === 'assign' && (
        <AssignDialog
          title={isWide ? t('assign.title_all') : tn('assign.title', leads.length)}
          onClose={close}
          onChosen={(assignee) => begin('assign', chosen, { assignee })}
        />
      )}
    </div>
  )
}
