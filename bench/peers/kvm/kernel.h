/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Stand-ins for what KVM's vgic, list_sort and xarray take from the rest of the kernel, for one process on x86-64:
 * types, bits, atomics, locks, RCU, errors, memory. Interfaces have the names and meanings of the kernel's; where there
 * is a choice the cheaper one is taken (no interrupt flags, no preemption count, static keys decided at compile time).
 * host.h is the second half: KVM and the interrupt subsystem. Every <...> that is not extracted leads to one of both.
 */
#ifndef RACE_KVM_KERNEL_H
#define RACE_KVM_KERNEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include "../common.h"

/* --- types and the compiler --- */

typedef unsigned char u8, __u8;
typedef unsigned short u16, __u16, __le16;
typedef unsigned int u32, uint32_t, __u32, __le32, gfp_t, fmode_t;
typedef unsigned long long u64, __u64, __le64;
typedef signed char s8, __s8;
typedef short s16, __s16;
typedef int s32, __s32;
typedef long long s64, __s64, loff_t;
typedef long ssize_t;
typedef unsigned long uintptr_t;
typedef u64 phys_addr_t, resource_size_t, gpa_t, hpa_t, gfn_t, gva_t;
typedef unsigned long irq_hw_number_t;
typedef u64 cpumask_t;

struct list_head {
	struct list_head *next, *prev;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};
struct callback_head {
	struct callback_head *next;
	void (*func)(struct callback_head *head);
};
#define rcu_head callback_head

#define __user
#define __iomem
#define __force
#define __rcu
#define __must_check
#define __init
#define __percpu
#define __bitwise
#define __ro_after_init
#define __must_hold(x)
#define __releases(x)
#define __always_inline inline __attribute__((always_inline))
#define __pure          __attribute__((pure))
#define __cold          __attribute__((cold))
#define noinline        __attribute__((noinline))
#define fallthrough     __attribute__((fallthrough))
#define likely(x)       __builtin_expect(!!(x), 1)
#define unlikely(x)     __builtin_expect(!!(x), 0)
#define EXPORT_SYMBOL(x)
#define early_param(name, f) _Static_assert(sizeof(&f), "used")
#define kstrtobool(s, r)     ((void)(s), (void)(r), -1)
#define EXPORT_SYMBOL_GPL(x)
#define DECLARE_FLEX_ARRAY(type, name) \
	struct {                       \
		struct {               \
		} __empty_##name;      \
		type name[];           \
	}
#define __DECLARE_FLEX_ARRAY DECLARE_FLEX_ARRAY

#define barrier()               __asm__ volatile("" ::: "memory")
#define READ_ONCE(x)            (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)        (*(volatile __typeof__(x) *)&(x) = (v))
#define smp_mb()                __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_load_acquire(p)     __atomic_load_n(p, __ATOMIC_ACQUIRE)

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define min(a, b)                       \
	({                              \
		__typeof__(a) a_ = (a); \
		__typeof__(b) b_ = (b); \
		a_ < b_ ? a_ : b_;      \
	})
#define max(a, b)                       \
	({                              \
		__typeof__(a) a_ = (a); \
		__typeof__(b) b_ = (b); \
		a_ > b_ ? a_ : b_;      \
	})
#define min_t(t, a, b)     min((t)(a), (t)(b))
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a)-1)) == 0)
#define PAGE_ALIGNED(x)    IS_ALIGNED((unsigned long)(x), PAGE_SIZE)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define lower_32_bits(x)   ((u32)(x))
#define IS_ENABLED(x)      0
#define BUILD_BUG_ON(c)    _Static_assert(!(c), #c)
#define __bf_shf(m)        __builtin_ctzll(m)
#define FIELD_GET(m, r)    ((__typeof__(m))(((r) & (m)) >> __bf_shf(m)))
#define FIELD_PREP(m, v)   (((__typeof__(m))(v) << __bf_shf(m)) & (m))
#define _UL(x)             ((unsigned long)(x))
#define _BITUL(x)          (1ul << (x))

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define SZ_4K      0x1000
#define SZ_64K     0x10000
#define INT_MAX    0x7fffffff
#define UINT_MAX   (~0u)
#define ULONG_MAX  (~0ul)

#define le16_to_cpu(x) (x)
#define le32_to_cpu(x) (x)
#define le64_to_cpu(x) (x)
#define cpu_to_le16(x) (x)
#define cpu_to_le32(x) (x)
#define cpu_to_le64(x) (x)

/* --- strings, messages, errors --- */

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
void *memmove(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#define BUG() race_die(__FILE__, __LINE__, "BUG")
#define BUG_ON(c)                \
	do {                     \
		if (unlikely(c)) \
			BUG();   \
	} while (0)
/* What would only warn means here that something is not modelled as it has to be. */
#define WARN_ON(c)                                        \
	({                                                \
		bool w_ = !!(c);                          \
		if (unlikely(w_))                         \
			race_die(__FILE__, __LINE__, #c); \
		unlikely(w_);                             \
	})
#define WARN_ON_ONCE           WARN_ON
#define WARN_RATELIMIT(c, ...) WARN_ON(c)
#define KVM_BUG_ON(c, kvm)     WARN_ON(c)
#define pr_err(...)            ((void)0)
#define pr_info(...)           ((void)0)
#define pr_warn(...)           ((void)0)
#define pr_debug(...)          ((void)0)
#define pr_cont                pr_info
#define kvm_err                pr_err
#define kvm_info               pr_info
#define kvm_debug              pr_debug

enum {
	ENOENT = 2,
	ENXIO = 6,
	E2BIG = 7,
	EAGAIN = 11,
	ENOMEM = 12,
	EACCES = 13,
	EFAULT = 14,
	EBUSY = 16,
	EEXIST = 17,
	ENODEV = 19,
	EINVAL = 22,
	EWOULDBLOCK = 11,
	EOPNOTSUPP = 95,
	MAX_ERRNO = 4095
};

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}
static inline long PTR_ERR(const void *p)
{
	return (long)p;
}
static inline bool IS_ERR(const void *p)
{
	return unlikely((unsigned long)p >= (unsigned long)-MAX_ERRNO);
}
#define PTR_ERR_OR_ZERO(p) (IS_ERR(p) ? (int)PTR_ERR(p) : 0)

/* --- bits --- */

#define BITS_PER_BYTE              8
#define BITS_PER_LONG              64
#define BITS_TO_LONGS(n)           DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#define BIT(n)                     (1ul << (n))
#define BIT_ULL(n)                 (1ull << (n))
#define BIT_MASK(n)                (1ul << ((n) % BITS_PER_LONG))
#define BIT_WORD(n)                ((n) / BITS_PER_LONG)
#define __GENMASK                  GENMASK
#define GENMASK(h, l)              ((~0ul << (l)) & (~0ul >> (63 - (h))))
#define GENMASK_ULL(h, l)          ((~0ull << (l)) & (~0ull >> (63 - (h))))
#define hweight8(x)                __builtin_popcount((u8)(x))
#define hweight32(x)               __builtin_popcount(x)
#define hweight_long(x)            __builtin_popcountl(x)
#define __ffs(x)                   ((unsigned long)__builtin_ctzl(x))
#define __fls(x)                   (63ul - (unsigned long)__builtin_clzl(x))
#define ffs(x)                     __builtin_ffs((int)(x))
#define ilog2(x)                   ((int)__fls(x))

static inline bool test_bit(unsigned long n, const unsigned long *p)
{
	return READ_ONCE(p[BIT_WORD(n)]) >> (n % BITS_PER_LONG) & 1;
}
static inline void __set_bit(unsigned long n, unsigned long *p)
{
	p[BIT_WORD(n)] |= BIT_MASK(n);
}
static inline void __clear_bit(unsigned long n, unsigned long *p)
{
	p[BIT_WORD(n)] &= ~BIT_MASK(n);
}
static inline bool __test_and_set_bit(unsigned long n, unsigned long *p)
{
	bool was = test_bit(n, p);

	__set_bit(n, p);
	return was;
}
static inline bool __test_and_clear_bit(unsigned long n, unsigned long *p)
{
	bool was = test_bit(n, p);

	__clear_bit(n, p);
	return was;
}
static inline unsigned long find_next_bit(const unsigned long *p, unsigned long size, unsigned long from)
{
	unsigned long word;

	if (from >= size)
		return size;
	word = p[BIT_WORD(from)] & (~0ul << (from % BITS_PER_LONG));
	for (from -= from % BITS_PER_LONG; !word; word = p[BIT_WORD(from)])
		if ((from += BITS_PER_LONG) >= size)
			return size;
	return min(from + __ffs(word), size);
}
#define find_first_bit(p, size) find_next_bit(p, size, 0)
#define for_each_set_bit(bit, p, size) \
	for ((bit) = find_first_bit(p, size); (bit) < (size); (bit) = find_next_bit(p, size, (bit) + 1))
static inline void bitmap_fill(unsigned long *p, unsigned int bits)
{
	memset(p, 0xff, BITS_TO_LONGS(bits) * sizeof(*p));
}
static inline void bitmap_clear(unsigned long *p, unsigned int from, unsigned int nr)
{
	for (; nr; nr--)
		__clear_bit(from++, p);
}
static inline bool bitmap_empty(const unsigned long *p, unsigned int bits)
{
	return find_first_bit(p, bits) == bits;
}

static inline unsigned long array_index_nospec(unsigned long i, unsigned long n)
{
	unsigned long mask;

	__asm__ volatile("cmp %1,%2; sbb %0,%0" : "=r"(mask) : "g"(n), "r"(i) : "cc");
	return i & mask;
}

/* --- atomics, reference counts --- */

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
#define ATOMIC_INIT(i) \
	{              \
		(i)    \
	}
#define atomic_read(a)           READ_ONCE((a)->counter)
#define atomic_set(a, v)         WRITE_ONCE((a)->counter, v)
#define atomic_set_release(a, v) __atomic_store_n(&(a)->counter, v, __ATOMIC_RELEASE)
#define atomic_inc(a)            ((void)__atomic_fetch_add(&(a)->counter, 1, __ATOMIC_RELAXED))
#define atomic_dec(a)            ((void)__atomic_fetch_sub(&(a)->counter, 1, __ATOMIC_RELAXED))
static inline int atomic_cmpxchg(atomic_t *a, int old, int new)
{
	__atomic_compare_exchange_n(&a->counter, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	return old;
}
#define atomic_cmpxchg_acquire atomic_cmpxchg
#define cmpxchg(p, old, new)                                                                           \
	({                                                                                             \
		__typeof__(*(p)) old_ = (old);                                                         \
		__atomic_compare_exchange_n(p, &old_, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED); \
		old_;                                                                                  \
	})
#define cmpxchg64               cmpxchg
#define smp_mb__before_atomic() barrier() /* x86: the operation orders by itself */
#define smp_mb__after_atomic()  barrier()

struct kref {
	int count;
};
static inline void kref_init(struct kref *k)
{
	k->count = 1;
}
static inline void kref_get(struct kref *k)
{
	WARN_ON(__atomic_fetch_add(&k->count, 1, __ATOMIC_RELAXED) <= 0);
}
static inline bool kref_get_unless_zero(struct kref *k)
{
	int old = READ_ONCE(k->count);

	do {
		if (!old)
			return false;
	} while (!__atomic_compare_exchange_n(&k->count, &old, old + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}
static inline int kref_put(struct kref *k, void (*release)(struct kref *k))
{
	if (__atomic_fetch_sub(&k->count, 1, __ATOMIC_RELEASE) != 1)
		return 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	release(k);
	return 1;
}

/* --- locks: interrupts of the host do not exist, so there are no flags to save --- */

typedef struct race_lock raw_spinlock_t, spinlock_t, rwlock_t;
struct mutex {
	struct race_lock owner;
};
#define __SPIN_LOCK_UNLOCKED(x) \
	{                       \
		0               \
	}
#define raw_spin_lock_init(l)      ((l)->held = 0)
#define spin_lock_init             raw_spin_lock_init
#define raw_spin_lock(l)           race_lock(l)
#define raw_spin_lock_nested(l, s) race_lock(l)
#define raw_spin_unlock(l)         race_unlock(l)
#define _raw_spin_unlock(l)        race_unlock(l)
#define raw_spin_lock_irqsave(l, f) \
	do {                        \
		(f) = 0;            \
		race_lock(l);       \
	} while (0)
#define raw_spin_unlock_irqrestore(l, f) \
	do {                             \
		(void)(f);               \
		race_unlock(l);          \
	} while (0)
#define spin_lock                         raw_spin_lock
#define spin_unlock                       raw_spin_unlock
#define spin_lock_bh                      raw_spin_lock
#define spin_unlock_bh                    raw_spin_unlock
#define spin_lock_irq                     raw_spin_lock
#define spin_unlock_irq                   raw_spin_unlock
#define spin_lock_irqsave                 raw_spin_lock_irqsave
#define spin_unlock_irqrestore            raw_spin_unlock_irqrestore
#define spin_trylock(l)                   ((l)->held ? false : (race_lock(l), true))
#define spin_lock_nested                  raw_spin_lock_nested
#define spin_lock_bh_nested               raw_spin_lock_nested
#define spin_lock_irq_nested              raw_spin_lock_nested
#define spin_lock_irqsave_nested(l, f, s) raw_spin_lock_irqsave(l, f)
#define SINGLE_DEPTH_NESTING              1
#define irqs_disabled()                   true
#define preemptible()                     false
#define might_alloc(gfp)                  ((void)(gfp))
#define lockdep_assert_held(l)            ((void)(l))
#define lockdep_is_held(l)                1
#define mutex_init(m)                     ((m)->owner.held = 0)
#define mutex_lock(m)                     race_lock(&(m)->owner)
static inline bool mutex_trylock(struct mutex *m)
{
	unsigned int was = 0;

	return __atomic_compare_exchange_n(&m->owner.held, &was, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
/* A mutex that may have waiters is released by a compare-and-exchange. */
static inline void mutex_unlock(struct mutex *m)
{
	unsigned int was = 1;

	__atomic_compare_exchange_n(&m->owner.held, &was, 0, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* --- RCU: readers cost nothing; what is freed waits until race_quiesce(), when nobody reads --- */

struct srcu_struct {
	int unused;
};
void race_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void race_quiesce(void);
#define rcu_read_lock()                 barrier()
#define rcu_read_unlock()               barrier()
#define rcu_assign_pointer(p, v)        smp_store_release(&(p), (v))
#define RCU_INIT_POINTER(p, v)          WRITE_ONCE(p, v)
#define rcu_dereference(p)              READ_ONCE(p)
#define rcu_dereference_raw(p)          READ_ONCE(p)
#define rcu_dereference_check(p, c)     READ_ONCE(p)
#define rcu_dereference_protected(p, c) (p)
#define call_rcu                        race_call_rcu
#define srcu_read_lock(s)               ((void)(s), 0)
#define srcu_read_unlock(s, i)          ((void)(i))
/* The offset of the head says what to free, as in the kernel. */
#define kfree_rcu(p, member) \
	race_call_rcu(&(p)->member, (void (*)(struct rcu_head *))offsetof(__typeof__(*(p)), member))
#define guard(kind)   guard_##kind
#define guard_srcu(s) ((void)(s))
#define guard_mutex(m)                                                     \
	struct mutex *guard_ __attribute__((cleanup(race_mutex_end))) = ({ \
		mutex_lock(m);                                             \
		(m);                                                       \
	})
static inline void race_mutex_end(struct mutex **m)
{
	mutex_unlock(*m);
}

/* --- memory --- */

#define GFP_KERNEL                 0
#define GFP_KERNEL_ACCOUNT         0
#define GFP_NOWAIT                 0
#define __GFP_ACCOUNT              0
#define __GFP_BITS_SHIFT           27
#define __GFP_NOWARN               0
#define gfpflags_allow_blocking(g) false
#define kmalloc(n, g)              race_alloc(n)
#define kzalloc(n, g)              race_alloc(n)
#define kcalloc(k, n, g)           race_alloc((k) * (n))
#define kmalloc_array              kcalloc
#define kfree(p)                   race_free(p)
struct kmem_cache;
#define kmem_cache_alloc_lru(c, l, g) race_node_alloc()
void *race_node_alloc(void);
struct list_lru;

/* --- jump labels: the host has a GICv3, nothing else is enabled --- */

struct static_key_false {
	int unused;
};
#define STATIC_KEY_FALSE_INIT \
	{                     \
		0             \
	}
#define DEFINE_STATIC_KEY_FALSE(name) struct static_key_false name
#define static_branch_unlikely(key)   (!__builtin_strcmp(#key, "&kvm_vgic_global_state.gicv3_cpuif"))
#define static_branch_enable(key)     ((void)(key))

/* --- trace events: off --- */

#define TP_PROTO(args...) args
#define TRACE_EVENT(name, proto, ...)          \
	static inline void trace_##name(proto) \
	{                                      \
	}

#define _IO(t, n)      0
#define _IOR(t, n, s)  0
#define _IOW(t, n, s)  0
#define _IOWR(t, n, s) 0

/* list.h with its iterators under RCU. */
#define LIST_POISON1 ((void *)0x100)
#define LIST_POISON2 ((void *)0x122)
#include <linux/list.h>
#define list_for_each_entry_rcu(p, h, m, cond...) list_for_each_entry(p, h, m)

#endif
