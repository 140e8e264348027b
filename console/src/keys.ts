import { useEffect, useRef } from 'react'

/** Single keys for whoever works without a mouse; none of them fires while something is typed. */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('[role="dialog"]') !== null)

const SEQUENCE_MS = 900

/** Names: `j`, `Enter`, `ArrowDown`, `shift+?` is `?`; `g l` is g and then l. */
export const useKeys = (keys: Keys, active = true): void => {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    if (!active) return
    let first = ''
    let at = 0
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return
      const together = event.timeStamp - at < SEQUENCE_MS ? `${first} ${event.key}` : ''
      const act = latest.current[together] ?? latest.current[event.key]
      first = event.key
      at = event.timeStamp
      if (act === undefined) return
      event.preventDefault()
      act(event)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [active])
}
