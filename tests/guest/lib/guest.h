/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The harness of the bare-metal programs.
 *
 * CPU 0 conducts: it runs guest_main(), begins each case and prints. The other
 * CPUs sit in a loop with interrupts unmasked, run the jobs that CPU 0 hands
 * to them, and take interrupts meanwhile; each interrupt taken is counted and
 * logged per CPU. Nothing uses exclusives or atomics: one writer for each
 * variable, volatile, with DMB where order matters.
 *
 * A wait has a deadline on CNTVCT_EL0; a lost interrupt is a message.
 */
#ifndef GUEST_H
#define GUEST_H

#include "cpu.h"
#include "gic.h"
#include "print.h"

#define MAX_CPUS     64u
#define STACK_SIZE   32768u
#define NR_INTID     1024u
#define LOG_SIZE     512u
#define WAIT_MS      5000u /* for what must happen, */
#define WAIT_LATE_MS 300u  /* and when that has been in vain a few times already */

struct record {
	u32 intid;
	u8 rpr; /* ICC_RPR_EL1 just after the acknowledge */
	bool fiq;
};

struct cpu;
/*
 * Called with the interrupt acknowledged and logged, PSTATE.I and F set.
 * True: the hook has ended the interrupt itself.
 */
typedef bool (*irq_hook)(struct cpu *c, u32 intid, bool fiq);

struct cpu {
	u64 stack_top; /* first: known to start.S */
	u32 id;
	u64 mpidr;    /* affinity fields only */
	uintptr_t rd; /* RD_base */
	volatile u32 online;

	/* one job at a time: CPU 0 writes posted, the CPU writes done */
	u64 (*volatile job)(u64);
	volatile u64 arg;
	volatile u64 ret;
	volatile u32 posted;
	volatile u32 done;

	volatile irq_hook hook;
	volatile u32 taken[NR_INTID];
	volatile u32 nr_taken;
	volatile u32 spurious;
	volatile u32 nr_log;
	struct record log[LOG_SIZE];

	volatile bool hold; /* stay in the next handler until cleared */
	volatile bool held;
	volatile bool watchdog;     /* PPI_VTIMER is the backstop of WAIT_WFI */
	volatile bool expect_fault; /* skip the instruction that faults, once */
	volatile u64 fault_esr;     /* 0: none */

	volatile u32 nr_msg; /* failures found by another CPU than 0 */
	char msg[4][160];
};

extern struct cpu cpus[MAX_CPUS];
extern unsigned int nr_cpus;

static inline struct cpu *this_cpu(void)
{
	return (struct cpu *)sysreg_read("tpidr_el1");
}

/* The program. */
extern const char guest_name[];
void guest_main(void);

/*
 * Cases. case_begin() ends the one before and resets the GIC and all counts;
 * the print of a case is "ok", "bad" (one line for each failed check) or "skip".
 */
void case_begin(const char *name);
__attribute__((format(printf, 1, 2))) void case_skip(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void note(const char *fmt, ...);
__attribute__((noreturn, format(printf, 1, 2))) void skip_program(const char *fmt, ...);
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);
bool need_cpus(unsigned int n); /* false, and the case is skipped, if there are fewer */

__attribute__((format(printf, 3, 4))) bool check_eq(u64 got, u64 want, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) bool check_true(bool ok, const char *fmt, ...);
#define CHECK_EQ(got, want, ...) check_eq((u64)(got), (u64)(want), __VA_ARGS__)
#define CHECK(cond, ...)         check_true((cond), __VA_ARGS__)

/* Time. */
static inline u64 now(void)
{
	isb();
	return sysreg_read("cntvct_el0");
}
u64 ms_to_ticks(u64 ms);
u64 us_to_ticks(u64 us);
void spin_us(u64 us);

u64 wait_end(void);        /* the deadline of a wait that begins now */
bool wait_result(bool ok); /* counts those in vain */

#define WAIT(cond)                                       \
	({                                               \
		bool ok_ = true;                         \
		u64 end_ = wait_end();                   \
		while (!(cond)) {                        \
			if (now() >= end_) {             \
				ok_ = wait_result(cond); \
				break;                   \
			}                                \
		}                                        \
		ok_;                                     \
	})

/*
 * The same in WFI: sleeps with PSTATE.I set, takes what woke it, looks again.
 * The condition must become true by an interrupt to this CPU. The virtual
 * timer is the backstop, so that a lost wake-up ends the wait.
 */
void watchdog_arm(u64 deadline);
void watchdog_disarm(void);
#define WAIT_WFI(cond)                                   \
	({                                               \
		bool ok_ = true;                         \
		u64 end_ = wait_end();                   \
		watchdog_arm(end_);                      \
		for (;;) {                               \
			irq_mask();                      \
			if (cond)                        \
				break;                   \
			if (now() >= end_) {             \
				ok_ = wait_result(cond); \
				break;                   \
			}                                \
			wfi();                           \
			irq_unmask();                    \
		}                                        \
		irq_unmask();                            \
		watchdog_disarm();                       \
		ok_;                                     \
	})

/* Other CPUs. */
void smp_boot(void);
void cpu_start(unsigned int cpu, u64 (*fn)(u64), u64 arg);
u64 cpu_finish(unsigned int cpu); /* waits for the job; dies if it never ends */
u64 run_on(unsigned int cpu, u64 (*fn)(u64), u64 arg);
void run_on_all(u64 (*fn)(u64), u64 arg); /* at once, CPU 0 included */
/* Returns when each CPU has had the occasion to take whatever is signalled to it. */
void settle(void);

/*
 * Make intid pending and wait until the CPU (not this one) is in its handler,
 * where it stays until the release. settle() does not wait for such a CPU.
 */
bool hold_in_handler(unsigned int cpu, u32 intid);
void release_handler(unsigned int cpu); /* returns after the EOI */

/* Jobs for run_on(). */
u64 job_mask(u64 unused); /* PSTATE.I and F */
u64 job_unmask(u64 unused);
u64 job_iar1(u64 unused);
u64 job_eoir1(u64 intid);
u64 job_dir(u64 intid);
u64 job_hppir1(u64 unused);
u64 job_rpr(u64 unused);
u64 job_set_pmr(u64 pmr);
u64 job_set_igrpen1(u64 enable);
u64 job_set_eoimode(u64 eoimode);

/* The meeting point of the first n CPUs in a job: all arrive before any leaves. */
void barrier(unsigned int n);

void log_clear(void);       /* all counts and logs of all CPUs */
u32 total_taken(u32 intid); /* summed over the CPUs */
/* Exactly n times on this CPU, after waiting for the n-th and settling. */
bool expect_taken(unsigned int cpu, u32 intid, u32 n);
/* After settling, nothing has been taken by any CPU since log_clear(). */
bool expect_nothing(const char *when);
/* ICC_HPPIR1_EL1 of this CPU becomes intid. */
bool expect_hppir1(u32 intid, const char *when);

/* PSCI by HVC. */
#define PSCI_VERSION        0x84000000u
#define PSCI_CPU_OFF        0x84000002u
#define PSCI_CPU_ON         0xc4000003u
#define PSCI_AFFINITY_INFO  0xc4000004u
#define PSCI_SYSTEM_OFF     0x84000008u
#define PSCI_SUCCESS        0
#define PSCI_INVALID_PARAMS (-2)
#define PSCI_ALREADY_ON     (-4)
int64_t psci(u64 fn, u64 a, u64 b, u64 c);
bool cpu_power_on(unsigned int cpu);  /* and wait until it runs its loop */
void cpu_power_off(unsigned int cpu); /* and wait until AFFINITY_INFO says OFF */

/* Faults: run one access that may fault. */
#define FAULTS(stmt)                         \
	({                                   \
		struct cpu *c_ = this_cpu(); \
		c_->fault_esr = 0;           \
		c_->expect_fault = true;     \
		dsb();                       \
		stmt;                        \
		dsb();                       \
		isb();                       \
		c_->expect_fault = false;    \
		c_->fault_esr != 0;          \
	})

/* A small generator for orders and rounds: reproducible. */
u32 rnd(u32 *state);
void shuffle(u32 *v, u32 n, u32 seed);

#endif
