import type { Setting } from '../../config.ts'

/** The reference page of the settings and `.env.example`, written from the table of settings. */

const KINDS: Readonly<Record<Setting['type'], string>> = {
  text: 'text',
  choice: 'one of',
  number: 'whole number',
  seconds: 'seconds',
  flag: 'true or false',
  hosts: 'list, separated by commas',
  url: 'URL',
  secret_url: 'URL (secret)',
  secret_smtp: 'URL (secret)',
  secret_key: '32 bytes in base64 (secret)',
  secret_text: 'text (secret)',
}

const kindOf = (setting: Setting): string => {
  if (setting.type === 'choice') return `one of ${setting.choices.map((choice) => `\`${choice}\``).join(', ')}`
  if (setting.type === 'number' || setting.type === 'seconds') {
    return `${KINDS[setting.type]}, ${setting.min} to ${setting.max}`
  }
  return KINDS[setting.type]
}

const defaultOf = (setting: Setting): string =>
  setting.default === undefined || setting.default === '' ? 'none' : `\`${setting.default}\``

/** Markdown. */
export const configurationReference = (settings: readonly Setting[]): string => `# Configuration

<!-- Generated from src/config.ts. Change it there, then run: npm run reference -->

Millrace is set by environment variables. They are read once, at the start; a value that does not fit stops the start
with exit code 2 and one line for each problem. An empty value counts as none.

| variable | value | default | what it does |
|---|---|---|---|
${settings.map((setting) => `| \`${setting.name}\` | ${kindOf(setting)} | ${defaultOf(setting)} | ${setting.description} |`).join('\n')}
`

const LINE_CHARACTERS_MAX = 110

const comment = (text: string): string => {
  const lines: string[] = ['#']
  for (const word of text.split(' ')) {
    const last = lines.length - 1
    if (`${lines[last]} ${word}`.length > LINE_CHARACTERS_MAX) lines.push(`# ${word}`)
    else lines[last] = `${lines[last]} ${word}`
  }
  return lines.join('\n')
}

/** Every setting with its default, commented out. */
export const environmentExample = (settings: readonly Setting[]): string =>
  [
    '# Generated from src/config.ts; to make it anew: npm run reference\n# Copy to .env and take the # away where a value is to be another.',
    ...settings.map(
      (setting) =>
        `${comment(`${setting.description} (${kindOf(setting)})`)}\n#${setting.name}=${setting.default ?? ''}`,
    ),
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n')
