/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Messages to all CPUs while their events are moved, discarded and mapped again, invalidated, and moved in bulk: each
 * is delivered at least once after its last message, and none after its DISCARD and SYNC.
 */
#include "its.h"

const char guest_name[] = "its_storm";

#define DEV       6u
#define NR_EVENTS 64u
#define ROUNDS    60u

/* Everything that was signalled has come since. */
static bool all_came(const u32 *before)
{
	for (u32 e = 0; e < NR_EVENTS; e++)
		if (!CHECK(WAIT(lpi_total(LPI_BASE + e) > before[e]), "event %u: its last message was lost", e))
			return false;
	return true;
}

static void storm(void)
{
	u32 seed = 12345, before[NR_EVENTS];

	case_begin("MOVI DISCARD MAPTI INV MOVALL under messages");
	its_setup();
	lpi_forget();
	its_mapd(DEV, 6, true);
	for (u32 e = 0; e < NR_EVENTS; e++)
		its_mapti(DEV, e, LPI_BASE + e, ICID(e % nr_cpus));
	for (u32 round = 0; round < ROUNDS; round++) {
		for (u32 k = 0; k < 4 * NR_EVENTS; k++) {
			u32 e = rnd(&seed) % NR_EVENTS;

			for (u32 i = 0; i < 4; i++)
				msigen(DEV, rnd(&seed) % NR_EVENTS);
			switch (rnd(&seed) % 8) {
			case 0:
			case 1:
			case 2:
				its_movi(DEV, e, ICID(rnd(&seed) % nr_cpus));
				break;
			case 3:
				its_event(CMD_DISCARD, DEV, e);
				its_mapti(DEV, e, LPI_BASE + e, ICID(rnd(&seed) % nr_cpus));
				break;
			case 4:
				its_event(CMD_INV, DEV, e);
				break;
			case 5:
				its_movall(rnd(&seed) % nr_cpus, rnd(&seed) % nr_cpus);
				break;
			default:
				break;
			}
		}
		for (u32 e = 0; e < NR_EVENTS; e++) {
			before[e] = lpi_total(LPI_BASE + e);
			msigen(DEV, e);
		}
		if (!all_came(before))
			return;
	}
}

static void none_after_discard(void)
{
	u32 seed = 77;

	case_begin("none after DISCARD and SYNC");
	its_setup();
	lpi_forget();
	for (u32 round = 0; round < 200; round++) {
		u32 e = rnd(&seed) % NR_EVENTS, cpu = rnd(&seed) % nr_cpus, taken;

		its_movi(DEV, e, ICID(cpu));
		for (u32 i = 0; i < 8; i++)
			msigen(DEV, (e + i) % NR_EVENTS);
		its_event(CMD_DISCARD, DEV, e);
		its_sync(cpu);
		/* One that was acknowledged before may still be on its way to the count. */
		settle();
		taken = lpi_total(LPI_BASE + e);
		for (u32 i = 0; i < 8; i++)
			msigen(DEV, e);
		settle();
		if (!CHECK_EQ(lpi_total(LPI_BASE + e), taken, "event %u after its DISCARD, round %u", e, round))
			return;
		its_mapti(DEV, e, LPI_BASE + e, ICID(cpu));
		msigen(DEV, e);
		if (!CHECK(WAIT(lpi_total(LPI_BASE + e) == taken + 1), "event %u, mapped again, round %u", e, round))
			return;
	}
}

void guest_main(void)
{
	if (!its_present() || !msigen_present())
		skip_program("no ITS, or nothing to generate messages");
	storm();
	none_after_discard();
}
