"""Sign-in and storage as supabase-js sees them."""

from __future__ import annotations

from gateway_api.listeners import js_environment, run_js
from gateway_api.world import World


def test_supabase_js_signs_in_refreshes_and_signs_out(world: World) -> None:
    run_js("auth.mjs", js_environment(world, world.person(world.company_a)))


def test_supabase_js_stores_and_is_refused_elsewhere(world: World) -> None:
    environment = js_environment(
        world, world.member_b, KEY=world.service_key, PERSON_KEY=world.anon_key, COMPANY=str(world.company_a)
    )
    run_js("storage.mjs", environment)
