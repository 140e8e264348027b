import { ActionIcon, Button, Checkbox, Popover, Tooltip } from '@mantine/core'
import { IconColumns3, IconDownload } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { LeadSummary } from '../api/types.ts'
import { useKeys } from '../keys.ts'
import { BulkBar } from '../leads/bulk-bar.tsx'
import { COLUMNS, DEFAULT_COLUMNS } from '../leads/columns.tsx'
import { useExport } from '../leads/export.ts'
import { Filters } from '../leads/filters.tsx'
import { LeadGrid } from '../leads/grid.tsx'
import { FROM_LIST, keepSearch } from '../leads/last-search.ts'
import { useLeads } from '../leads/use-leads.ts'
import { Views } from '../leads/views.tsx'
import { useMay } from '../rights.ts'
import type { LeadSearch } from '../router.tsx'
import { Page } from '../shell/page.tsx'
import { t, tn } from '../text.ts'
import '../styles/leads.css'

const COLUMNS_KEY = 'millrace.columns'
const NEAR_TOP_PX = 12

const keptColumns = (): readonly string[] => {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(COLUMNS_KEY) ?? 'null')
    return Array.isArray(kept) && kept.length > 0 ? kept.map(String) : DEFAULT_COLUMNS
  } catch {
    return DEFAULT_COLUMNS
  }
}

export const Leads = () => {
  const search = useSearch({ from: '/leads' })
  const go = useNavigate()
  const may = useMay()
  const scroller = useRef<HTMLDivElement>(null)
  const [shown, setShown] = useState(keptColumns)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  // The lead itself, not its place: others come in above it.
  const [activeId, setActiveId] = useState<string | null>(null)
  const held = useRef(false)
  // Who stands at a row or has chosen some keeps them where they are.
  const follow = useCallback(() => !held.current && (scroller.current?.scrollTop ?? 0) < NEAR_TOP_PX, [])
  const leads = useLeads(search, follow)
  const [isChoosing, setChoosing] = useState(false)
  const exporting = useExport()
  const columns = useMemo(() => COLUMNS.filter(({ id }) => shown.includes(id)), [shown])
  const sources = useMemo(() => [...new Set(leads.rows.slice(0, 1_000).map(({ source }) => source))], [leads.rows])

  const filter = useCallback((next: LeadSearch) => void go({ to: '/leads', search: next }), [go])
  const open = useCallback(
    (lead: LeadSummary) => void go({ to: '/leads/$id', params: { id: lead.id }, state: FROM_LIST }),
    [go],
  )
  const select = useCallback(
    (id: string, on: boolean) =>
      setSelected((before) => {
        const after = new Set(before)
        if (on) after.add(id)
        else after.delete(id)
        return after
      }),
    [],
  )
  const choose = (ids: readonly string[]): void => {
    setShown(ids)
    localStorage.setItem(COLUMNS_KEY, JSON.stringify(ids))
  }
  const active = useMemo(
    () => (activeId === null ? -1 : leads.rows.findIndex(({ id }) => id === activeId)),
    [leads.rows, activeId],
  )
  held.current = active >= 0 || selected.size > 0
  // What was chosen under another filter is not seen any more.
  useEffect(() => {
    setSelected(new Set())
    setActiveId(null)
    keepSearch(search)
  }, [search])
  const move = (by: number) => () => {
    const to = leads.rows[Math.max(0, Math.min(active + by, leads.rows.length - 1))]
    if (to !== undefined) setActiveId(to.id)
  }
  const current = leads.rows[active]
  useKeys({
    j: move(1),
    k: move(-1),
    ArrowDown: move(1),
    ArrowUp: move(-1),
    Enter: () => current && open(current),
    x: () => current && select(current.id, !selected.has(current.id)),
    Escape: () => {
      setSelected(new Set())
      setActiveId(null)
    },
  })

  return (
    <Page
      title={t('leads.title')}
      wide
      aside={<Views search={search} onOpen={filter} />}
      actions={
        <>
          <Popover
            position="bottom-end"
            shadow="md"
            withinPortal={false}
            withRoles={false}
            trapFocus
            returnFocus
            onChange={setChoosing}
          >
            <Popover.Target>
              <Tooltip label={t('leads.columns')} disabled={isChoosing}>
                <ActionIcon variant="default" size={30} aria-label={t('leads.columns')}>
                  <IconColumns3 size={17} stroke={1.6} />
                </ActionIcon>
              </Tooltip>
            </Popover.Target>
            <Popover.Dropdown role="group" aria-label={t('leads.columns')}>
              <Checkbox.Group value={[...shown]} onChange={choose} label={t('leads.columns')}>
                <div className="stack" style={{ gap: 8, marginTop: 8 }}>
                  {COLUMNS.map(({ id, title }) => (
                    <Checkbox key={id} size="xs" value={id} label={t(title)} />
                  ))}
                </div>
              </Checkbox.Group>
            </Popover.Dropdown>
          </Popover>
          {may('lead.export') && (
            <Button
              variant="default"
              leftSection={<IconDownload size={15} aria-hidden />}
              loading={exporting.isBusy}
              onClick={() => void exporting.save(search)}
            >
              {t('leads.export')}
            </Button>
          )}
        </>
      }
    >
      <div className="lead-tools">
        <Filters search={search} onChange={filter} sources={sources} />
      </div>
      <div className="lead-stage">
        {leads.waiting > 0 && (
          <Button
            className="lead-news"
            radius="xl"
            onClick={() => {
              leads.showWaiting()
              scroller.current?.scrollTo({ top: 0 })
            }}
          >
            {tn('leads.news', leads.waiting)}
          </Button>
        )}
        {leads.error !== null && leads.rows.length === 0 ? (
          <div className="empty grow" role="alert">
            <h2>{t('error.load')}</h2>
            <p>{leads.error.message}</p>
            <Button onClick={leads.retry}>{t('error.retry')}</Button>
          </div>
        ) : leads.rows.length === 0 && !leads.isLoading ? (
          <div className="empty grow">
            <h2>{t('leads.none')}</h2>
            <p>{Object.keys(search).length === 0 ? t('leads.none_yet') : t('leads.none_match')}</p>
            {Object.keys(search).length > 0 && (
              <Button variant="default" onClick={() => filter({})}>
                {t('filter.clear')}
              </Button>
            )}
          </div>
        ) : (
          <LeadGrid
            rows={leads.rows}
            columns={columns}
            selected={selected}
            active={active}
            scroller={scroller}
            hasMore={leads.hasMore}
            onMore={leads.more}
            onOpen={open}
            onSelect={select}
            onSelectAll={(on) => setSelected(on ? new Set(leads.rows.map(({ id }) => id)) : new Set())}
          />
        )}
        {selected.size > 0 && (
          <BulkBar
            leads={leads.rows.filter(({ id }) => selected.has(id))}
            search={search}
            canWiden={leads.hasMore && selected.size >= leads.rows.length}
            onDone={() => setSelected(new Set())}
          />
        )}
      </div>
      <footer className="lead-foot">
        <span className="num" role="status">
          {leads.isLoading ? t('leads.loading') : tn(leads.hasMore ? 'leads.loaded' : 'leads.count', leads.rows.length)}
        </span>
        {leads.error !== null && leads.rows.length > 0 && <span role="alert">{leads.error.message}</span>}
        <span className="grow" />
        <span className="row" style={{ gap: 5 }}>
          <kbd>j</kbd>
          <kbd>k</kbd>
          {t('leads.keys_move')} <kbd>Enter</kbd> {t('leads.keys_open')} <kbd>x</kbd> {t('leads.keys_select')}
        </span>
      </footer>
    </Page>
  )
}
