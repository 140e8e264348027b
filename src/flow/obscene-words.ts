/**
 * Words that people write into forms to be rude, for `obscene()`. The list is short on purpose: what a name, a place or a
 * trade may be called is not on it. A flow replaces it or changes it with `obscene_words`.
 */
const SHIPPED =
  'arse arsehole ass asshole asshat assholes bastard bastards bellend bitch bitches bitching blowjob bollocks boner bugger ' +
  'bullshit clit cock cocks cocksucker crap cum cunt cunts dick dickhead dildo dipshit dumbass fag faggot fags fuck fucked ' +
  'fucker fuckers fuckface fuckhead fuckin fucking fucks fuckwit fuckyou goddamn handjob horseshit jackass jizz kike knobhead ' +
  'milf mofo motherfucker motherfuckers motherfucking nigga nigger niggers penis pissoff poop porn prick pussy queef retard ' +
  'shit shite shithead shits shitty shithole slut sluts spic stfu suckmydick tits titties twat twats vagina wank wanker ' +
  'wankers whore whores wtf'

export const OBSCENE_WORDS: readonly string[] = SHIPPED.split(' ')

/** A flow's own list, or its changes of the one that is shipped. */
export type ObsceneChanges =
  | { readonly words: readonly string[] }
  | { readonly add: readonly string[]; readonly except: readonly string[] }

const SPELLED: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

export const OBSCENE_CHARS_MAX = 5_000

const bare = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** `F.u.c.k`, `fuuuck` and `fück` are read as one word; each letter once, as repeated ones come and go. */
const spelled = (text: string): string => bare(text).replace(/[013457@$!]/g, (sign) => SPELLED[sign] ?? sign)

/** Letters, and signs that may stand for some. */
const TOKENS = /[a-z013457@$!]+/g
/** There a sign may as well be what it is: `sh!t!` ends with an exclamation mark. */
const EDGES = /^[013457@$!]+|[013457@$!]+$/g

const once = (word: string): string => word.replace(/(.)\1+/g, '$1')

/** Letters written apart: `f u c k`, `f.u.c.k`. */
const APART = /(?<![a-z])[a-z](?:[\s._*-]+[a-z]){2,}(?![a-z])/g

/** Whether a text holds one of the words, as a word of its own: Scunthorpe and Cockburn are places and names. */
export const obscenityOf = (words: readonly string[]): ((text: string) => boolean) => {
  const plain = new Set(words.map(spelled).filter((word) => word !== ''))
  const drawn = new Set([...plain].map(once))
  const isWord = (word: string): boolean => plain.has(word) || (/(.)\1\1/.test(word) && drawn.has(once(word)))
  return (text) => {
    const line = bare(text.slice(0, OBSCENE_CHARS_MAX))
    const tokens = line.match(TOKENS) ?? []
    if (tokens.some((token) => isWord(spelled(token)) || isWord(spelled(token.replace(EDGES, ''))))) return true
    const lines = [spelled(line), line.replace(/[^a-z\s._*-]/g, ' ')]
    return lines.some((each) => (each.match(APART) ?? []).some((apart) => isWord(apart.replace(/[^a-z]/g, ''))))
  }
}

export const obsceneWords = (changes: ObsceneChanges | null): readonly string[] => {
  if (changes === null) return OBSCENE_WORDS
  if ('words' in changes) return changes.words
  const except = new Set(changes.except.map(spelled))
  return [...OBSCENE_WORDS, ...changes.add].filter((word) => !except.has(spelled(word)))
}
