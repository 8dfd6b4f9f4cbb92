// Joins the private topics of TOPICS (comma-separated) and says each state and message as a JSON line, until its input ends.
// CHANGES=1: one public channel with bindings of postgres_changes instead.
import { env, say, signIn, supabase } from './client.mjs'

await signIn()
await supabase.realtime.setAuth()
if (env.CHANGES) {
  supabase
    .channel('changes')
    .on('postgres_changes', { event: '*', schema: 'public', table: 'devices' }, (change) => say({ change }))
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'sites', filter: 'name=eq.x' }, (change) => say({ change }))
    .on('system', {}, (system) => say({ system }))
    .subscribe((state, error) => say({ topic: 'changes', state, error: error?.message }))
} else {
  for (const topic of env.TOPICS.split(',')) {
    supabase
      .channel(topic, { config: { private: true } })
      .on('broadcast', { event: '*' }, (message) => say({ topic, event: message.event, payload: message.payload }))
      .on('system', {}, (system) => say({ topic, system }))
      .subscribe((state, error) => say({ topic, state, error: error?.message }))
  }
}
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
