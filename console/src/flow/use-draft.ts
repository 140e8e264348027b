import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { ask } from '../api/client.ts'
import { session } from '../api/session.ts'
import { type FlowOutline, outlineOf } from './document.ts'

const CHECK_MS = 350
/** Flows of two tenants may have the same name. */
const keyOf = (flow: string): string => `millrace.draft.${session()?.tenant.id}.${flow}`

interface Kept {
  readonly version: number
  readonly text: string
}

const kept = (flow: string): Kept | null => {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(flow)) ?? 'null') as Kept | null
  } catch {
    return null
  }
}

/** A flow that is being changed: kept in this tab until it is published, and checked as it is typed. */
export const useDraft = (flow: string, published: { readonly version: number; readonly document: string }) => {
  const [text, setText] = useState(() => kept(flow)?.text ?? published.document)
  const [base, setBase] = useState(() => {
    const draft = kept(flow)
    return draft === null ? published : { version: draft.version, document: published.document }
  })
  const [asked, setAsked] = useState(text)
  const last = useRef<FlowOutline | null>(null)
  const isChanged = text !== published.document
  const isOld = published.version > base.version
  // Somebody published, or went back to an older version: where nothing was changed here, it is that which is shown.
  if (isOld && (text === base.document || !isChanged)) {
    setBase(published)
    setText(published.document)
  }

  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), CHECK_MS)
    try {
      if (isChanged) sessionStorage.setItem(keyOf(flow), JSON.stringify({ version: base.version, text }))
      else sessionStorage.removeItem(keyOf(flow))
    } catch {
      // Storage is off: the draft then lasts as long as the page.
    }
    return () => clearTimeout(timer)
  }, [text, isChanged, flow, base.version])

  const check = useQuery({
    queryKey: ['flow', flow, 'check', asked],
    queryFn: () => ask('/api/v1/flows/check', { method: 'POST', body: { document: asked } }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10_000,
  })
  const deferred = useDeferredValue(text)
  const outline = useMemo(() => {
    const read = outlineOf(deferred)
    // While the text cannot be read, the picture stays as it was.
    if (read !== null) last.current = read
    return last.current
  }, [deferred])

  return {
    text,
    setText,
    base,
    outline,
    isChanged,
    isOld: isOld && isChanged,
    isChecked: asked === text && check.data !== undefined,
    problems: asked === text ? (check.data?.problems ?? []) : [],
    checkError: check.error,
    /** What was changed stays, and is published over the version that is in use now. */
    overtake: () => setBase(published),
    reset: (to: { readonly version: number; readonly document: string }) => {
      setBase(to)
      setText(to.document)
    },
  }
}
