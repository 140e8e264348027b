import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ask, send } from '../api/client.ts'
import { saveFile } from '../api/save-file.ts'
import { Refused } from '../components/dialog.tsx'
import { Loaded } from '../components/loaded.tsx'
import { useMay } from '../rights.ts'
import { named, t } from '../text.ts'
import { ago, fullTime } from '../time.ts'

/** What recipients answered, and what can be handed over: the bundle of an access, the receipt of an erasure. */
export const RequestDetail = ({ id }: { readonly id: string }) => {
  const may = useMay()
  const client = useQueryClient()
  const read = useQuery({ queryKey: ['privacy', id], queryFn: () => ask(`/api/v1/privacy/requests/${id}`) })
  const acknowledge = useMutation({
    mutationFn: (notice: string) => ask(`/api/v1/privacy/notices/${notice}/acknowledge`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['privacy'] }),
  })
  const save = useMutation({
    mutationFn: async ({ part, format }: { part: 'bundle' | 'receipt'; format: 'json' | 'html' }) => {
      const query = part === 'bundle' ? { format } : {}
      const answer = await send(`/api/v1/privacy/requests/${id}/${part}`, { query })
      await saveFile(answer, `${part}-${id.slice(-12)}.${format}`)
    },
  })
  return (
    <Loaded query={read} height={40}>
      {({ notices, receipt_url, bundle_url }) => (
        <div className="stack">
          <Refused error={acknowledge.error ?? save.error} />
          {(receipt_url !== null || (bundle_url !== null && may('privacy.edit'))) && (
            <div className="row">
              {bundle_url !== null && may('privacy.edit') && (
                <>
                  <Button variant="default" onClick={() => save.mutate({ part: 'bundle', format: 'html' })}>
                    {t('privacy.bundle_html')}
                  </Button>
                  <Button variant="default" onClick={() => save.mutate({ part: 'bundle', format: 'json' })}>
                    {t('privacy.bundle_json')}
                  </Button>
                </>
              )}
              {receipt_url !== null && (
                <Button variant="default" onClick={() => save.mutate({ part: 'receipt', format: 'json' })}>
                  {t('privacy.receipt')}
                </Button>
              )}
            </div>
          )}
          {notices.length === 0 && <p className="soft">{t('privacy.no_notices')}</p>}
          {notices.map((notice) => (
            <div key={notice.id} className="row between">
              <span>
                <strong>{notice.destination}</strong> · {named('privacy_kind', notice.act)}
              </span>
              <span className="row">
                <span className="faint" title={fullTime(notice.due_at)}>
                  {t('privacy.due_when', { when: ago(notice.due_at) })}
                </span>
                <span
                  className="tag"
                  data-tone={notice.status === 'acknowledged' ? 'good' : notice.overdue ? 'bad' : 'warn'}
                >
                  {named('notice', notice.status)}
                </span>
                {notice.status !== 'acknowledged' && may('privacy.edit') && (
                  <Button variant="default" onClick={() => acknowledge.mutate(notice.id)}>
                    {t('privacy.acknowledge')}
                  </Button>
                )}
              </span>
            </div>
          ))}
        </div>
      )}
    </Loaded>
  )
}
