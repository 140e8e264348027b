import { Button, Skeleton } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { ask } from '../api/client.ts'
import type { FlowDetail } from '../api/types.ts'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { ago, fullTime } from '../time.ts'
import { useUsers } from '../users.ts'
import { outlineOf } from './document.ts'
import { changesOf } from './words.ts'

const useVersion = (flow: string, version: number | undefined) =>
  useQuery({
    queryKey: ['flow', flow, 'version', version],
    queryFn: () => ask(`/api/v1/flows/${flow}/versions/${String(version)}`),
    enabled: version !== undefined && version > 0,
    staleTime: Number.POSITIVE_INFINITY,
  })

/** What a version changed, in sentences. */
const Changes = ({ flow, version, before }: { flow: string; version: number; before: number | undefined }) => {
  const now = useVersion(flow, version)
  const old = useVersion(flow, before)
  const changes = useMemo(() => {
    if (now.data === undefined || (before !== undefined && old.data === undefined)) return null
    const after = outlineOf(now.data.document)
    const outline = old.data === undefined ? null : outlineOf(old.data.document)
    return after === null || outline === null ? [] : changesOf(outline, after)
  }, [now.data, old.data, before])
  if (changes === null) return <Skeleton height={60} />
  if (before === undefined) return <p className="soft">{t('versions.first')}</p>
  if (changes.length === 0) return <p className="soft">{t('versions.same')}</p>
  return (
    <ul className="changes">
      {changes.map(({ kind, text }) => (
        <li key={`${kind} ${text}`} data-change={kind}>
          <span className="change-kind">{t(`change.${kind}`)}</span>
          <span>{text}</span>
        </li>
      ))}
    </ul>
  )
}

/** Versions of a flow, each with its note and what it changed; any of them can be published again. */
export const VersionsPanel = ({ detail }: { readonly detail: FlowDetail }) => {
  const may = useMay()
  const client = useQueryClient()
  const [open, setOpen] = useState(detail.version)
  const users = useUsers()
  const back = useMutation({
    mutationFn: (version: number) => ask(`/api/v1/flows/${detail.id}/rollback`, { method: 'POST', body: { version } }),
    onSuccess: ({ version }) => {
      notifications.show({ message: t('flow.published', { version }) })
      void client.invalidateQueries({ queryKey: ['flow', detail.id] })
      void client.invalidateQueries({ queryKey: ['flows'] })
      setOpen(version)
    },
    onError: (error) => notifications.show({ color: 'red', title: t('flow.refused'), message: error.message }),
  })
  const byOf = (id: string): string => users.data?.find((user) => user.id === id)?.email ?? id.slice(-12)
  return (
    <div className="page-inner versions">
      {detail.versions.map(({ version, published_at, published_by, note }, index) => (
        <section key={version} className="card" aria-label={t('versions.version', { version })}>
          <button
            type="button"
            className="version-head"
            aria-expanded={open === version}
            onClick={() => setOpen(open === version ? 0 : version)}
          >
            <strong className="num">v{version}</strong>
            <span className="grow clip">{note ?? <span className="faint">{t('versions.no_note')}</span>}</span>
            <span className="faint clip">{byOf(published_by)}</span>
            <span className="faint" title={fullTime(published_at)}>
              {ago(published_at)}
            </span>
            {version === detail.version && (
              <span className="tag" data-tone="good">
                {t('versions.current')}
              </span>
            )}
          </button>
          {open === version && (
            <div className="card-body stack">
              <Changes flow={detail.id} version={version} before={detail.versions[index + 1]?.version} />
              {version !== detail.version && may('flow.edit') && (
                <div className="row">
                  <Button variant="default" loading={back.isPending} onClick={() => back.mutate(version)}>
                    {t('versions.back', { version })}
                  </Button>
                </div>
              )}
            </div>
          )}
        </section>
      ))}
    </div>
  )
}
