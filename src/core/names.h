/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Owns: the names that files of the library share among themselves. The code says irq_find(); the linker sees
 * lvgic_priv_irq_find, so that nothing collides with the hypervisor that the library is linked into. tests/build fails
 * on an external name that is missing here.
 */
#ifndef LVGIC_CORE_NAMES_H
#define LVGIC_CORE_NAMES_H

#define bank_clear_active   lvgic_priv_bank_clear_active
#define bank_clear_enable   lvgic_priv_bank_clear_enable
#define bank_clear_pending  lvgic_priv_bank_clear_pending
#define bank_read_active    lvgic_priv_bank_read_active
#define bank_read_config    lvgic_priv_bank_read_config
#define bank_read_enable    lvgic_priv_bank_read_enable
#define bank_read_group     lvgic_priv_bank_read_group
#define bank_read_pending   lvgic_priv_bank_read_pending
#define bank_read_priority  lvgic_priv_bank_read_priority
#define bank_set_active     lvgic_priv_bank_set_active
#define bank_set_enable     lvgic_priv_bank_set_enable
#define bank_set_pending    lvgic_priv_bank_set_pending
#define bank_write_config   lvgic_priv_bank_write_config
#define bank_write_group    lvgic_priv_bank_write_group
#define bank_write_priority lvgic_priv_bank_write_priority
#define gicd_frame          lvgic_priv_gicd_frame
#define gicr_frame          lvgic_priv_gicr_frame
#define report_guest_error  lvgic_priv_report_guest_error
#define icc_rows            lvgic_priv_icc_rows
#define ident_read          lvgic_priv_ident_read
#define iidr_read           lvgic_priv_iidr_read
#define irq_deactivate      lvgic_priv_irq_deactivate
#define irq_find            lvgic_priv_irq_find
#define irq_init            lvgic_priv_irq_init
#define irq_own             lvgic_priv_irq_own
#define irq_peek            lvgic_priv_irq_peek
#define irq_pintid          lvgic_priv_irq_pintid
#define irq_release         lvgic_priv_irq_release
#define lr_fold             lvgic_priv_lr_fold
#define lr_refresh          lvgic_priv_lr_refresh
#define lr_unload           lvgic_priv_lr_unload
#define lr_unload_all       lvgic_priv_lr_unload_all
#define mmio_status         lvgic_priv_mmio_status
#define nr_icc_rows         lvgic_priv_nr_icc_rows
#define ops_import          lvgic_priv_ops_import
#define queue_drain         lvgic_priv_queue_drain
#define queue_head          lvgic_priv_queue_head
#define queue_link          lvgic_priv_queue_link
#define queue_push          lvgic_priv_queue_push
#define queue_return_all    lvgic_priv_queue_return_all
#define queue_recheck       lvgic_priv_queue_recheck
#define queue_steal         lvgic_priv_queue_steal
#define queue_decide        lvgic_priv_queue_decide
#define queue_place         lvgic_priv_queue_place
#define lr_load_direct      lvgic_priv_lr_load_direct
#define queue_unlink        lvgic_priv_queue_unlink
#define ring_add            lvgic_priv_ring_add
#define ring_remove         lvgic_priv_ring_remove
#define route_eligible      lvgic_priv_route_eligible
#define route_lookup        lvgic_priv_route_lookup
#define route_one_of_n      lvgic_priv_route_one_of_n
#define route_read          lvgic_priv_route_read
#define route_reconsider    lvgic_priv_route_reconsider
#define route_start         lvgic_priv_route_start
#define route_stop          lvgic_priv_route_stop
#define route_update        lvgic_priv_route_update
#define route_write         lvgic_priv_route_write
#define sgi_write_0         lvgic_priv_sgi_write_0
#define sgi_write_1         lvgic_priv_sgi_write_1
#define stats_delivered     lvgic_priv_stats_delivered
#define stats_injected      lvgic_priv_stats_injected
#define statusr_read        lvgic_priv_statusr_read
#define statusr_write       lvgic_priv_statusr_write
#define trace_emit          lvgic_priv_trace_emit
#define vcpu_groups         lvgic_priv_vcpu_groups
#define vcpu_kick           lvgic_priv_vcpu_kick
#define vcpu_request_all    lvgic_priv_vcpu_request_all
#define vcpu_reset          lvgic_priv_vcpu_reset
#define vif_ack             lvgic_priv_vif_ack
#define vif_bpr             lvgic_priv_vif_bpr
#define vif_deactivate      lvgic_priv_vif_deactivate
#define vif_eoi             lvgic_priv_vif_eoi
#define vif_hppi            lvgic_priv_vif_hppi
#define vif_preempts        lvgic_priv_vif_preempts
#define vif_running         lvgic_priv_vif_running
#define vif_set_bpr         lvgic_priv_vif_set_bpr
#define mmio_start          lvgic_priv_mmio_start
#define icc_start           lvgic_priv_icc_start

#endif
