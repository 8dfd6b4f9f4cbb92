// Signs in, checks the claims with the public key, refreshes, changes data, signs out; every step must hold.
import assert from 'node:assert/strict'
import { env, signIn, supabase } from './client.mjs'

const wrong = await supabase.auth.signInWithPassword({ email: env.EMAIL, password: 'wrong' })
assert.equal(wrong.error.code, 'invalid_credentials')
assert.equal(wrong.error.status, 400)

const { session, user } = await signIn()
assert.equal(user.email, env.EMAIL)

const claims = await supabase.auth.getClaims()
assert.equal(claims.error, null)
assert.equal(claims.data.header.alg, 'ES256')
assert.equal(claims.data.claims.sub, user.id)

const again = await supabase.auth.refreshSession()
assert.equal(again.error, null)
assert.notEqual(again.data.session.refresh_token, session.refresh_token)

const changed = await supabase.auth.updateUser({ data: { theme: 'dark' } })
assert.equal(changed.error, null)
assert.equal((await supabase.auth.getUser()).data.user.user_metadata.theme, 'dark')

assert.equal((await supabase.auth.signOut()).error, null)
const old = await supabase.auth.getUser(again.data.session.access_token)
assert.equal(old.error.name, 'AuthSessionMissingError')
assert.equal((await supabase.auth.signUp({ email: 'x@example.org', password: 'long enough 9' })).error.code, 'signup_disabled')
