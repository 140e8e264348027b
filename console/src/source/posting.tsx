import { Button, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { SourceSummary } from '../api/types.ts'
import { Copy } from '../components/copy.tsx'
import { Loaded } from '../components/loaded.tsx'
import { named, t } from '../text.ts'

const absolute = (url: string): string => (url.startsWith('/') ? `${window.location.origin}${url}` : url)

/** What whoever sends the leads is given: a page of their own that needs no login, the same as OpenAPI, and samples. */
export const Posting = ({ source }: { readonly source: SourceSummary }) => {
  const [format, setFormat] = useState('json')
  const posting = useQuery({
    queryKey: ['posting', source.flow, source.id],
    queryFn: () => ask(`/api/v1/flows/${source.flow}/sources/${source.id}/posting`),
  })
  return (
    <Loaded query={posting} height={200}>
      {(read) => {
        const sample = read.samples.find((each) => each.format === format) ?? read.samples[0]
        const page = absolute(read.page_url)
        return (
          <section className="card" aria-label={t('posting.title')}>
            <div className="card-head">
              <h2>{t('posting.title')}</h2>
              <span className="row-actions">
                <Button component="a" variant="default" href={page} target="_blank" rel="noreferrer">
                  {t('posting.open')}
                </Button>
                <Copy value={page} label={t('posting.copy')} />
                <Button
                  component="a"
                  variant="default"
                  href={absolute(read.openapi_url)}
                  target="_blank"
                  rel="noreferrer"
                >
                  OpenAPI
                </Button>
              </span>
            </div>
            <div className="card-body stack">
              <p className="faint">{t('posting.text')}</p>
              {read.rules.length > 0 && (
                <div>
                  <h3>{t('posting.rules')}</h3>
                  <ul className="plain-list">
                    {read.rules.map(({ words, reason }) => (
                      <li key={words}>
                        {words}
                        {reason !== null && <span className="faint"> · {reason}</span>}
                      </li>
                    ))}
                  </ul>
                </div>
              )}
              {sample !== undefined && (
                <>
                  <div className="row between">
                    <h3>{t('posting.sample')}</h3>
                    <SegmentedControl
                      size="xs"
                      aria-label={t('submit.way')}
                      data={read.samples.map((each) => ({ value: each.format, label: named('format', each.format) }))}
                      value={sample.format}
                      onChange={setFormat}
                    />
                  </div>
                  <pre className="code" tabIndex={0}>
                    {`${sample.method} ${absolute(read.submit_url)}${sample.query}${sample.content_type === null ? '' : `\nContent-Type: ${sample.content_type}`}${sample.body === null ? '' : `\n\n${sample.body}`}`}
                  </pre>
                </>
              )}
            </div>
          </section>
        )
      }}
    </Loaded>
  )
}
