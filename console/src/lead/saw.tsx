import { plain } from './plain.ts'

/** What a rule saw: names and values. */
export const Saw = ({ saw }: { readonly saw: Readonly<Record<string, unknown>> }) => (
  <span className="saw">
    {Object.entries(saw).map(([name, value]) => (
      <span key={name} className="chip mono">
        {name} = {plain(value)}
      </span>
    ))}
  </span>
)
