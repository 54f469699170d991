# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# Compiler flags: lvgic_warnings() for every target of this project, lvgic_core() for what is compiled from src/.

# Dialect and warnings for host programs: tests, tools, glue/mock.
function(lvgic_warnings target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON
        CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wshadow -Wundef -Wvla -Wpointer-arith -Wwrite-strings -Wformat=2
        $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition>
        $<$<BOOL:${LVGIC_WERROR}>:-Werror>)
endfunction()

# What src/ compiles with, everywhere: this library runs inside a hypervisor.
#  -ffreestanding          no C library: only the compiler's own headers and memcpy/memmove/memset/memcmp
#  -mgeneral-regs-only     a hypervisor does not save its guest's FP and SIMD registers for us
#  -mno-outline-atomics    (AArch64) or each atomic calls a helper of libgcc
#  -fno-stack-protector    its symbols are the embedder's; who wants it compiles the sources with it
#  -fno-common, -fno-math-errno etc. are defaults or moot; strict aliasing stays on, and the code obeys it
function(lvgic_core target)
    lvgic_warnings(${target})
    set_target_properties(${target} PROPERTIES C_EXTENSIONS OFF)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_compile_options(${target} PRIVATE
        -ffreestanding -mgeneral-regs-only -fno-stack-protector
        -Wpedantic -Wconversion -Wsign-conversion -Wcast-qual -Walloca -Wimplicit-fallthrough)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
        target_compile_options(${target} PRIVATE -mno-outline-atomics)
    endif()
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE -Wlogical-op -Wduplicated-cond -Wcast-align=strict)
    endif()
    if(NOT LVGIC_SANITIZE)
        target_compile_options(${target} PRIVATE -Wframe-larger-than=1023)
        if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
            target_compile_options(${target} PRIVATE -Wstack-usage=1023)
        endif()
    endif()
endfunction()
