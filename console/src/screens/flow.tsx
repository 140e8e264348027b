import { Button, Skeleton, useComputedColorScheme } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { ask } from '../api/client.ts'
import type { FlowDetail, Preview } from '../api/types.ts'
import { Failed } from '../components/failed.tsx'
import { allSteps, type FlowOutline, placeOfStep, type StepPath, stepPathOf } from '../flow/document.ts'
import { Graph } from '../flow/graph.tsx'
import { PublishForm } from '../flow/publish-form.tsx'
import { StepPanel } from '../flow/step-panel.tsx'
import { TestPanel } from '../flow/test-panel.tsx'
import { useDraft } from '../flow/use-draft.ts'
import { VersionsPanel } from '../flow/versions-panel.tsx'
import { YamlEditor } from '../flow/yaml-editor.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { t, tn } from '../text.ts'
import '../styles/flow.css'

const TABS = ['edit', 'test', 'versions'] as const

const TONE: Readonly<Record<string, string>> = {
  success: 'good',
  rejected: 'bad',
  failure: 'bad',
  asks: 'info',
  fault: 'warn',
}

/** The preview runs blocks of flow and source before the steps; the last so many are the steps of the picture. */
const outcomesOf = (preview: Preview | null, outline: FlowOutline | null): ReadonlyMap<StepPath, string> => {
  if (preview === null || outline === null) return new Map()
  const steps = allSteps(outline.steps)
  const own = preview.steps.slice(-steps.length)
  return new Map(
    own.flatMap(({ reached, outcome }, index): [StepPath, string][] => {
      const step = steps[index]
      return step === undefined ? [] : [[step.path, reached ? (TONE[outcome] ?? 'quiet') : 'quiet']]
    }),
  )
}

const Workbench = ({ detail, tab }: { readonly detail: FlowDetail; readonly tab: (typeof TABS)[number] }) => {
  const may = useMay()
  const scheme = useComputedColorScheme('light')
  const go = useNavigate()
  const draft = useDraft(detail.id, { version: detail.version, document: detail.document })
  const [active, setActive] = useState<StepPath | null>(null)
  const [isPublishing, setPublishing] = useState(false)
  const [isWide, setWide] = useState(false)
  const [preview, setPreview] = useState<Preview | null>(null)
  const readOnly = !may('flow.edit')
  const { text, outline, problems } = draft
  const wrong = useMemo(() => new Set(problems.flatMap(({ path }) => stepPathOf(path) ?? [])), [problems])
  const outcomes = useMemo(() => outcomesOf(preview, outline), [preview, outline])
  const [shown, setShown] = useState<readonly [number, number] | null>(null)
  const select = (at: StepPath | null): void => {
    setActive(at)
    setShown(at === null ? null : placeOfStep(text, at))
  }
  useEffect(() => {
    if (!draft.isChanged) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [draft.isChanged])
  return (
    <Page
      title={detail.id}
      crumb={<Link to="/flows">{t('nav.flows')}</Link>}
      wide
      aside={
        <span className="row">
          <span className="faint num">v{detail.version}</span>
          {draft.isChanged && (
            <span className="tag" data-tone="warn">
              {t('flow.changed')}
            </span>
          )}
        </span>
      }
      actions={
        <>
          <div className="segments" role="group" aria-label={t('flow.view')}>
            {TABS.map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={each === tab}
                onClick={() => void go({ to: '/flows/$flow', params: { flow: detail.id }, search: { tab: each } })}
              >
                {t(`flow.${each}`)}
              </button>
            ))}
          </div>
          {!readOnly && (
            <>
              <Button
                variant="subtle"
                color="gray"
                disabled={!draft.isChanged}
                onClick={() => draft.reset({ version: detail.version, document: detail.document })}
              >
                {t('flow.discard')}
              </Button>
              <Button
                disabled={!draft.isChanged || draft.isOld || !draft.isChecked || problems.length > 0}
                onClick={() => setPublishing(true)}
              >
                {t('flow.publish')}
              </Button>
            </>
          )}
        </>
      }
    >
      {tab === 'versions' ? (
        <div className="page">
          <VersionsPanel detail={detail} />
        </div>
      ) : (
        <div className="workbench" data-wide={isWide || undefined}>
          <div className="workbench-left">
            {outline !== null && (
              <Graph
                outline={outline}
                scheme={scheme}
                wrong={wrong}
                outcomes={tab === 'test' ? outcomes : new Map()}
                active={active}
                onSelect={select}
                isWide={isWide}
                onWide={setWide}
              />
            )}
            {outline !== null && !readOnly && tab === 'edit' && (
              <StepPanel
                key={`${active} ${allSteps(outline.steps).length}`}
                text={text}
                outline={outline}
                at={active}
                onChange={(next, at) => {
                  draft.setText(next)
                  setActive(at)
                  setShown(at === null ? null : placeOfStep(next, at))
                }}
              />
            )}
          </div>
          <div className="workbench-right">
            {tab === 'test' && outline !== null ? (
              <TestPanel flow={detail.id} text={text} outline={outline} onTested={setPreview} />
            ) : (
              <YamlEditor text={text} readOnly={readOnly} problems={problems} shown={shown} onChange={draft.setText} />
            )}
            {draft.isOld && (
              <div className="flow-old" role="alert">
                <span className="grow">{t('flow.old', { version: detail.version })}</span>
                <Button
                  variant="default"
                  renderRoot={(props) => (
                    <Link to="/flows/$flow" params={{ flow: detail.id }} search={{ tab: 'versions' }} {...props} />
                  )}
                >
                  {t('flow.old_look')}
                </Button>
                <Button variant="default" onClick={draft.overtake}>
                  {t('flow.old_go_on', { version: detail.version })}
                </Button>
              </div>
            )}
            <div className="problems" role="status" data-wrong={problems.length > 0}>
              {draft.checkError !== null ? (
                <span>{draft.checkError.message}</span>
              ) : !draft.isChecked ? (
                <span className="faint">{t('flow.checking')}</span>
              ) : problems.length === 0 ? (
                <span>{t('flow.right')}</span>
              ) : (
                <>
                  <strong>{tn('flow.problems', problems.length)}</strong>
                  <ul>
                    {problems.slice(0, 4).map((problem) => (
                      <li key={`${problem.path} ${problem.line} ${problem.message}`}>
                        <button
                          type="button"
                          onClick={() => {
                            const at = stepPathOf(problem.path)
                            if (at !== null) setActive(at)
                            const lines = text.split('\n').slice(0, problem.line - 1)
                            const from = lines.reduce((sum, line) => sum + line.length + 1, 0) + problem.column - 1
                            setShown([from, from])
                          }}
                        >
                          <span className="num">
                            {problem.line}:{problem.column}
                          </span>{' '}
                          {problem.message}
                          {problem.suggestion !== null && ` · ${t('flow.mean', { suggestion: problem.suggestion })}`}
                        </button>
                      </li>
                    ))}
                  </ul>
                </>
              )}
            </div>
          </div>
        </div>
      )}
      {isPublishing && (
        <PublishForm
          flow={detail.id}
          text={text}
          // What is in use now: publishing changes that, whatever the draft began with.
          base={{ version: draft.base.version, document: detail.document }}
          onClose={() => setPublishing(false)}
          onPublished={(version) => {
            setPublishing(false)
            draft.reset({ version, document: text })
            notifications.show({ message: t('flow.published', { version }) })
          }}
        />
      )}
    </Page>
  )
}

/** A flow, as a picture and as text side by side: either changes the other. */
export const Flow = () => {
  const { flow } = useParams({ from: '/flows/$flow' })
  const { tab } = useSearch({ from: '/flows/$flow' })
  const detail = useQuery({ queryKey: ['flow', flow], queryFn: () => ask(`/api/v1/flows/${flow}`) })
  if (detail.error !== null && detail.data === undefined)
    return (
      <Page title={flow} crumb={<Link to="/flows">{t('nav.flows')}</Link>}>
        <Failed error={detail.error} onRetry={() => void detail.refetch()} />
      </Page>
    )
  if (detail.data === undefined)
    return (
      <Page title={flow} crumb={<Link to="/flows">{t('nav.flows')}</Link>}>
        <Skeleton height={480} radius={8} />
      </Page>
    )
  return <Workbench key={flow} detail={detail.data} tab={TABS.find((each) => each === tab) ?? 'edit'} />
}
