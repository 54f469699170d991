/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Console, cases and checks, time.
 */
#include "guest.h"

#define UART_BASE    0x09000000ul
#define UART_DR      0x00u
#define UART_FR      0x18u
#define UART_FR_TXFF (1u << 5)

#define MAX_BAD_LINES 12u

static struct {
	char name[96]; /* of the open case, "" when none */
	bool skipped;
	u32 bad; /* failed checks of the open case */
	u32 nr_cases;
	u32 nr_bad_cases;
	u32 nr_skipped;
	u32 nr_bad;
	char first[256]; /* first failure of the program */
} run;

/* Waits that ended at their deadline, on any CPU; one that is missed by a race does no harm. */
static volatile u32 nr_late;

void guest_boot(u64 dtb);

void uart_putc(char c)
{
	while (read32(UART_BASE + UART_FR) & UART_FR_TXFF)
		;
	write32(UART_BASE + UART_DR, (u32)(unsigned char)c);
}

/* Cases */

static void bad(const char *text)
{
	if (run.nr_bad == 0)
		sformat(run.first, sizeof(run.first), "%s: %s", run.name, text);
	if (run.bad < MAX_BAD_LINES)
		print("  bad  %s: %s\n", run.name, text);
	else if (run.bad == MAX_BAD_LINES)
		print("  bad  %s: ... more\n", run.name);
	run.bad++;
	run.nr_bad++;
}

static void flush_messages(void)
{
	for (unsigned int i = 1; i < nr_cpus; i++) {
		struct cpu *c = &cpus[i];
		u32 n = c->nr_msg;

		dmb();
		for (u32 k = 0; k < n && k < 4; k++) {
			char text[192];

			sformat(text, sizeof(text), "CPU %u: %s", i, c->msg[k]);
			bad(text);
		}
		if (n > 4)
			run.nr_bad += n - 4;
		c->nr_msg = 0;
	}
}

static void case_end(void)
{
	if (!run.name[0])
		return;
	flush_messages();
	if (run.skipped)
		run.nr_skipped++;
	else if (run.bad)
		run.nr_bad_cases++;
	else
		print("  ok   %s\n", run.name);
	run.name[0] = '\0';
}

void case_begin(const char *name)
{
	case_end();
	sformat(run.name, sizeof(run.name), "%s", name);
	run.skipped = false;
	run.bad = 0;
	run.nr_cases++;
	log_clear();
	gic_reset();
	log_clear();
}

void case_skip(const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	print("  skip %s: %s\n", run.name, text);
	run.skipped = true;
}

void note(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	print("  note %s: %s\n", run.name, text);
}

bool need_cpus(unsigned int n)
{
	if (nr_cpus >= n)
		return true;
	case_skip("needs %u CPUs", n);
	return false;
}

static __attribute__((noreturn)) void power_off(void)
{
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		wfi();
}

static __attribute__((noreturn)) void finish(void)
{
	case_end();
	print("  %u cases, %u bad, %u skipped\n", run.nr_cases, run.nr_bad_cases, run.nr_skipped);
	if (nr_late)
		print("  %u waits were in vain\n", nr_late);
	if (run.nr_bad)
		print("FAIL %s: %s (%u failed checks in %u cases)\n", guest_name, run.first, run.nr_bad,
		      run.nr_bad_cases);
	else
		print("PASS %s\n", guest_name);
	power_off();
}

void skip_program(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (run.nr_bad)
		finish();
	print("SKIP %s: %s\n", guest_name, text);
	power_off();
}

void die(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	int_mask();
	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	print("\nFAIL %s: %s: %s\n", guest_name, run.name, text);
	power_off();
}

static void failed(const char *text)
{
	struct cpu *c = this_cpu();
	u32 n;

	if (c->id == 0) {
		bad(text);
		return;
	}
	n = c->nr_msg;
	if (n < 4)
		sformat(c->msg[n], sizeof(c->msg[n]), "%s", text);
	dmb();
	c->nr_msg = n + 1;
}

bool check_eq(u64 got, u64 want, const char *fmt, ...)
{
	char what[120];
	char text[200];
	va_list ap;

	if (got == want)
		return true;
	va_start(ap, fmt);
	vformat(what, sizeof(what), fmt, ap);
	va_end(ap);
	sformat(text, sizeof(text), "%s: expected %lu (0x%lx) got %lu (0x%lx)", what, want, want, got, got);
	failed(text);
	return false;
}

bool check_true(bool ok, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	if (ok)
		return true;
	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	failed(text);
	return false;
}

/* Time */

u64 ms_to_ticks(u64 ms)
{
	return ms * sysreg_read("cntfrq_el0") / 1000;
}

u64 us_to_ticks(u64 us)
{
	return us * sysreg_read("cntfrq_el0") / 1000000;
}

u64 wait_end(void)
{
	return now() + ms_to_ticks(nr_late < 4 ? WAIT_MS : WAIT_LATE_MS);
}

bool wait_result(bool ok)
{
	if (!ok)
		nr_late = nr_late + 1;
	return ok;
}

void spin_us(u64 us)
{
	u64 end = now() + us_to_ticks(us);

	while (now() < end)
		;
}

u32 rnd(u32 *state)
{
	u32 x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;
	return x;
}

void shuffle(u32 *v, u32 n, u32 seed)
{
	while (n > 1) {
		u32 k = rnd(&seed) % n;
		u32 t;

		n--;
		t = v[n];
		v[n] = v[k];
		v[k] = t;
	}
}

/* From start.S, CPU 0. */
void guest_boot(u64 dtb)
{
	(void)dtb; /* the Redistributors say how many CPUs there are */
	sysreg_write("tpidr_el1", (u64)&cpus[0]);
	sformat(run.name, sizeof(run.name), "start");
	gic_probe();
	smp_boot();
	print("%s: %u CPUs, INTIDs below %u, priority bits %u, preemption bits %u\n", guest_name, nr_cpus, gic.nr_irqs,
	      gic.pri_bits, gic.pre_bits);
	run.name[0] = '\0';
	guest_main();
	finish();
}
